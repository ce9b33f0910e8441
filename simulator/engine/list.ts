export interface Item {
  id: string;
  /** never reused within a list, so cells of a deleted item never come back */
  ordinal: number;
  name: string;
  code: string;
  /** the item of the parent list it stands under */
  parent: Item | undefined;
  properties: Map<string, string>;
}

export type PropertyFormat = 'number' | 'text' | 'boolean' | 'date';

/** A list (dimension) of a model and its members. Names are unique, codes too where there are any. */
export class List {
  readonly id: string;
  readonly name: string;
  readonly numbered: boolean;
  readonly parent: List | undefined;
  readonly properties: ReadonlyMap<string, PropertyFormat>;
  readonly #nextItemId: () => string;
  readonly #items = new Map<string, Item>();
  readonly #byName = new Map<string, Item>();
  readonly #byCode = new Map<string, Item>();
  #ordinal = 0;

  constructor(
    head: { id: string; name: string; numbered: boolean; parent: List | undefined },
    properties: ReadonlyMap<string, PropertyFormat>,
    nextItemId: () => string,
  ) {
    this.id = head.id;
    this.name = head.name;
    this.numbered = head.numbered;
    this.parent = head.parent;
    this.properties = properties;
    this.#nextItemId = nextItemId;
  }

  get items(): Item[] {
    return [...this.#items.values()];
  }

  get size(): number {
    return this.#items.size;
  }

  byName(name: string): Item | undefined {
    return this.#byName.get(name.toLowerCase());
  }

  byCode(code: string): Item | undefined {
    return this.#byCode.get(code.toLowerCase());
  }

  byId(id: string): Item | undefined {
    return this.#items.get(id);
  }

  /** As an import looks for a member: by its code, else by its name. */
  find(text: string): Item | undefined {
    const key = text.trim().toLowerCase();
    return this.#byCode.get(key) ?? this.#byName.get(key);
  }

  add(entry: { name: string; code: string; parent?: Item | undefined }): Item {
    const item: Item = {
      id: this.#nextItemId(),
      ordinal: this.#ordinal,
      name: entry.name,
      code: entry.code,
      parent: entry.parent,
      properties: new Map(),
    };
    this.#ordinal += 1;
    this.#items.set(item.id, item);
    this.#index(item);
    return item;
  }

  /** Renames or recodes; `false` when nothing changed. */
  update(item: Item, change: { name?: string; code?: string }): boolean {
    const name = change.name ?? item.name;
    const code = change.code ?? item.code;
    if (name === item.name && code === item.code) return false;
    this.#byName.delete(item.name.toLowerCase());
    this.#byCode.delete(item.code.toLowerCase());
    item.name = name;
    item.code = code;
    this.#index(item);
    return true;
  }

  remove(item: Item): void {
    this.#items.delete(item.id);
    this.#byName.delete(item.name.toLowerCase());
    this.#byCode.delete(item.code.toLowerCase());
  }

  #index(item: Item): void {
    this.#byName.set(item.name.toLowerCase(), item);
    if (item.code) this.#byCode.set(item.code.toLowerCase(), item);
  }
}
