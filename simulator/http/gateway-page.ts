/** What a gateway in front of Anaplan answers for a status: HTML, not the envelope. */
export function gatewayPage(status: number, phrase: string): string {
  const title = `${status} ${phrase}`;
  return `<html>\r\n<head><title>${title}</title></head>\r\n<body>\r\n<center><h1>${title}</h1></center>\r\n</body>\r\n</html>\r\n`;
}
