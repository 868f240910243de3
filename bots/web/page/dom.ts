/** The elements of a page, found by id. A page that lacks one was not made for this script: that is our bug. */
export function byId<E extends Element = HTMLElement>(id: string): E {
  const found = document.getElementById(id);
  if (!found) throw new Error(`no #${id} on this page`);
  return found as unknown as E;
}

export const maybeById = <E extends Element = HTMLElement>(id: string): E | undefined =>
  (document.getElementById(id) ?? undefined) as unknown as E | undefined;

export function svg<K extends keyof SVGElementTagNameMap>(
  name: K,
  attributes: Readonly<Record<string, string | number>>,
): SVGElementTagNameMap[K] {
  const element = document.createElementNS("http://www.w3.org/2000/svg", name);
  for (const [key, value] of Object.entries(attributes)) element.setAttribute(key, String(value));
  return element;
}
