/** Direct links to media files in what people write. Pure; whether such a link may be opened is decided in fetch-link.ts. */

/** What cameras, recorders and editors write, by the end of its name. */
const MEDIA_NAME = /\.(mp4|m4v|mov|webm|mkv|avi|mpe?g|m2ts|mts|3gp|ogv|wmv|flv|mp3|m4a|aac|wav|ogg|oga|opus|flac)$/i;

export const isMediaName = (name: string): boolean => MEDIA_NAME.test(name);

export interface MediaLink {
  readonly url: string;
  /** The file's name, decoded. */
  readonly title: string;
}

/** `urls` as found in a message, in their order; each address once. Anything but https is left out. */
export function mediaLinksAmong(urls: readonly string[]): readonly MediaLink[] {
  const links = new Map<string, MediaLink>();
  for (const text of urls) {
    const url = URL.canParse(text) ? new URL(text) : undefined;
    if (url?.protocol !== "https:" || !isMediaName(url.pathname)) continue;
    links.set(url.href, { url: url.href, title: lastName(url.pathname) });
  }
  return [...links.values()];
}

/** Addresses in plain text. Closing punctuation belongs to the sentence around them. */
export const urlsIn = (text: string): readonly string[] =>
  [...text.matchAll(/https?:\/\/[^\s<>|"]+/gi)].map(([url]) => url.replace(/[).,;:!?'\]]+$/, ""));

function lastName(pathname: string): string {
  const name = pathname.split("/").at(-1) ?? "";
  try {
    return decodeURIComponent(name);
  } catch {
    return name; // not UTF-8: shown as it is
  }
}
