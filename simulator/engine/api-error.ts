/** A refusal by the Integration API: its status and the text of its envelope. */
export class ApiError extends Error {
  override readonly name: string = 'ApiError';
  readonly status: number;
  readonly headers: Readonly<Record<string, string>>;
  constructor(status: number, message: string, headers: Readonly<Record<string, string>> = {}) {
    super(message);
    this.status = status;
    this.headers = headers;
  }
}

export const notFound = () => new ApiError(404, 'Not Found');
export const badRequest = (message: string) => new ApiError(400, message);

/** The gateway in front gave up, not Anaplan. */
export class GatewayError extends ApiError {
  override readonly name = 'GatewayError';
  /** @param asHtml whether it answers with a page of its own */
  readonly asHtml: boolean;
  constructor(status: number, message: string, asHtml: boolean) {
    super(status, message);
    this.asHtml = asHtml;
  }
}
