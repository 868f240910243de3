/**
 * Links into the page that a clip came from, at a second: the best jump there is, as people know that page and everyone
 * who may see the clip there can open it. Pure. The time forms are those of each provider; where none is known
 * (Streamable, say) there is no link, and our player is the jump.
 *
 *     YouTube    youtube.com/watch?v=ID&t=90      https://developers.google.com/youtube/player_parameters
 *     Vimeo      vimeo.com/ID#t=90s               vimeo/player.js, pull 858
 *     Loom       loom.com/share/ID?t=90           seen in use, not documented
 *     Drive      drive.google.com/file/d/ID/view?t=90   seen in use, not documented
 *     PeerTube   HOST/w/ID?start=90s&stop=95s     docs.joinpeertube.org, "Share a video"; any host
 */
import type { Span } from "../core/index.ts";

/** @returns `undefined` when the provider of `originUrl` has no time form that we know */
export function providerLink(originUrl: string, span: Span): string | undefined {
  const url = URL.canParse(originUrl) ? new URL(originUrl) : undefined;
  // Addresses with a name and a password in them are not passed around.
  if (url?.protocol !== "https:" || url.username !== "") return undefined;
  // Whole seconds, as most providers take no others; rounded down, so that nothing of the moment is missed.
  const start = Math.max(0, Math.floor(span.startSeconds));
  for (const form of FORMS) {
    const link = form(url, start, Math.ceil(span.endSeconds));
    if (link !== undefined) return link;
  }
  return undefined;
}

type TimeForm = (url: URL, start: number, end: number) => string | undefined;

/** The host without `www.`, `m.` and the like. */
const isHost = (url: URL, ...hosts: readonly string[]) => hosts.includes(url.hostname.replace(/^(www|m|music)\./, ""));

const youtube: TimeForm = (url, start) => {
  const short = isHost(url, "youtu.be") ? /^\/([\w-]{11})\/?$/.exec(url.pathname)?.[1] : undefined;
  const isYoutube = isHost(url, "youtube.com", "youtube-nocookie.com");
  const inPath = isYoutube ? /^\/(?:shorts|embed|live|v)\/([\w-]{11})\/?$/.exec(url.pathname)?.[1] : undefined;
  const inQuery = isYoutube && url.pathname === "/watch" ? url.searchParams.get("v") : undefined;
  const id = short ?? inPath ?? inQuery;
  return id && /^[\w-]{11}$/.test(id) ? `https://www.youtube.com/watch?v=${id}&t=${start}` : undefined;
};

/** An unlisted video has a second part, without which it does not open. */
const vimeo: TimeForm = (url, start) => {
  const isPlayer = url.hostname === "player.vimeo.com";
  if (!isPlayer && !isHost(url, "vimeo.com")) return undefined;
  const [, id, inPath] =
    (isPlayer ? /^\/video\/(\d+)\/?$/ : /^\/(?:.*\/)?(\d+)(?:\/([0-9a-f]{6,}))?\/?$/).exec(url.pathname) ?? [];
  const unlisted = inPath ?? url.searchParams.get("h");
  const key = unlisted && /^[0-9a-f]{6,}$/.test(unlisted) ? `/${unlisted}` : "";
  return id && `https://vimeo.com/${id}${key}#t=${start}s`;
};

const loom: TimeForm = (url, start) => {
  const id = isHost(url, "loom.com")
    ? /^\/(?:share|embed)\/(?:[\w-]*-)?([0-9a-f]{32})\/?$/.exec(url.pathname)?.[1]
    : undefined;
  return id && `https://www.loom.com/share/${id}?t=${start}`;
};

const drive: TimeForm = (url, start) => {
  if (!isHost(url, "drive.google.com")) return undefined;
  const id = /^\/file\/d\/([\w-]{10,})(?:\/|$)/.exec(url.pathname)?.[1] ?? url.searchParams.get("id");
  if (!id || !/^[\w-]{10,}$/.test(id)) return undefined;
  // Files shared by link before 2021 need their key.
  const key = url.searchParams.get("resourcekey");
  return `https://drive.google.com/file/d/${id}/view?${new URLSearchParams({ ...(key && { resourcekey: key }), t: String(start) })}`;
};

/** Any host may run it: known by its paths, `/w/` with a short id of 22 characters or a UUID, and the older form. */
const peertube: TimeForm = (url, start, end) => {
  const path =
    /^\/(?:w|videos\/(?:watch|embed))\/([1-9A-HJ-NP-Za-km-z]{21,22}|[0-9a-f]{8}(?:-[0-9a-f]{4}){3}-[0-9a-f]{12})\/?$/;
  const id = path.exec(url.pathname)?.[1];
  const stop = end > start ? `&stop=${end}s` : "";
  return id && `https://${url.host}/w/${id}?start=${start}s${stop}`;
};

const FORMS: readonly TimeForm[] = [youtube, vimeo, loom, drive, peertube];
