/**
 * Draws messages of Discord's components as Discord shows them, near enough to judge them by eye: for the pictures of
 * docs/discord.md (script/make-discord-images). Reads the JSON that is sent, nothing of ours.
 */
import { ButtonStyle, ComponentType } from "discord-api-types/v10";

interface Part {
  readonly type: number;
  readonly content?: string;
  readonly label?: string;
  readonly url?: string;
  readonly style?: number;
  readonly accent_color?: number;
  readonly placeholder?: string;
  readonly components?: readonly Part[];
  readonly accessory?: Part;
  readonly items?: readonly { readonly media: { readonly url: string }; readonly description?: string }[];
}

export interface PreviewedMessage {
  readonly author: string;
  readonly isBot?: boolean;
  /** e.g. "Today at 15:04". */
  readonly time: string;
  readonly content?: string;
  /** Name and length of a video that is attached. */
  readonly video?: { readonly name: string; readonly posterUrl: string };
  readonly components?: readonly unknown[];
  /** Seen by one person alone. */
  readonly quiet?: boolean;
  /** `attachment://name` -> address of the picture. */
  readonly files?: Readonly<Record<string, string>>;
  /** Names of the people that are mentioned. */
  readonly names?: Readonly<Record<string, string>>;
}

export const previewPage = (messages: readonly PreviewedMessage[]): string =>
  `<!doctype html><meta charset="utf-8"><style>${CSS}</style><main>${messages.map(messageHtml).join("")}</main>`;

const messageHtml = (message: PreviewedMessage): string => `
  <article>
    <div class="avatar ${message.isBot ? "bot" : ""}">${htmlOf(message.author[0]?.toUpperCase() ?? "")}</div>
    <div class="body">
      <header><b>${htmlOf(message.author)}</b>${message.isBot ? '<span class="tag">APP</span>' : ""}<time>${htmlOf(message.time)}</time></header>
      ${message.content ? `<p>${markdown(message.content, message)}</p>` : ""}
      ${message.video ? `<div class="video"><img src="${message.video.posterUrl}"><span>▶</span></div>` : ""}
      ${((message.components ?? []) as readonly Part[]).map((part) => partHtml(part, message)).join("")}
      ${message.quiet ? '<p class="quiet">Only you can see this • Dismiss message</p>' : ""}
    </div>
  </article>`;

function partHtml(part: Part, message: PreviewedMessage): string {
  const inside = () => (part.components ?? []).map((one) => partHtml(one, message)).join("");
  switch (part.type) {
    case ComponentType.Container: {
      const colour = `#${(part.accent_color ?? 0x4e5058).toString(16).padStart(6, "0")}`;
      return `<section class="frame" style="border-left-color:${colour}">${inside()}</section>`;
    }
    case ComponentType.TextDisplay:
      return `<div class="text">${markdown(part.content ?? "", message)}</div>`;
    case ComponentType.ActionRow:
      return `<div class="row">${inside()}</div>`;
    case ComponentType.Section:
      return `<div class="section"><div>${inside()}</div>${part.accessory ? partHtml(part.accessory, message) : ""}</div>`;
    case ComponentType.MediaGallery:
      return `<div class="gallery">${(part.items ?? []).map(({ media, description }) => `<img src="${message.files?.[media.url.replace("attachment://", "")] ?? media.url}" alt="${htmlOf(description ?? "")}">`).join("")}</div>`;
    case ComponentType.StringSelect:
      return `<div class="select">${htmlOf(part.placeholder ?? "")}<span>⌄</span></div>`;
    case ComponentType.Button:
      return `<span class="button ${BUTTONS[part.style ?? 2] ?? ""}">${labelHtml(part.label ?? "")}${part.style === ButtonStyle.Link ? " <i>↗</i>" : ""}</span>`;
    default:
      return "";
  }
}

/** Machines without an emoji font would show boxes. */
const labelHtml = (label: string): string =>
  htmlOf(label).replace(
    /👍|👎/g,
    (thumb) =>
      `<svg viewBox="0 0 24 24"${thumb === "👎" ? ' style="transform:rotate(180deg)"' : ""}><path d="M2 10h4v11H2zM8 10l4-8c2 0 3 1 2.6 3L14 9h6c1.4 0 2.3 1.2 2 2.5l-1.6 7.5c-.3 1.2-1.2 2-2.4 2H8z"/></svg>`,
  );

const BUTTONS: Readonly<Record<number, string>> = { 1: "primary", 3: "success", 4: "danger" };

/** What Discord does to text: escapes, small print, quotes, lists, bold, code, mentions. */
function markdown(text: string, { names = {} }: PreviewedMessage): string {
  const line = (words: string): string =>
    htmlOf(words.replace(/\\([\\*_~`|[\]<>#.+-])/g, (_, mark: string) => `\uE000${mark.codePointAt(0)};`))
      .replace(/\*\*(.+?)\*\*/g, "<b>$1</b>")
      .replace(/`(.+?)`/g, "<code>$1</code>")
      .replace(/&lt;@(\w+)&gt;/g, (_, id: string) => `<span class="mention">@${htmlOf(names[id] ?? id)}</span>`)
      .replace(/\uE000(\d+);/g, (_, code: string) => htmlOf(String.fromCodePoint(Number(code))));
  return text
    .split("\n")
    .map((words) => {
      if (words.startsWith("-# ")) return `<small>${line(words.slice(3))}</small>`;
      if (words.startsWith("> ")) return `<blockquote>${line(words.slice(2))}</blockquote>`;
      return `<div>${line(words) || "&nbsp;"}</div>`;
    })
    .join("");
}

const htmlOf = (text: string): string =>
  text.replace(/[&<>"]/g, (mark) => ({ "&": "&amp;", "<": "&lt;", ">": "&gt;", '"': "&quot;" })[mark] as string);

const CSS = `
  body { margin: 0; background: #313338; color: #dbdee1; font: 16px/1.375 "gg sans", "Noto Sans", "DejaVu Sans", sans-serif; }
  main { width: 600px; padding: 16px 16px 20px; }
  article { display: flex; gap: 16px; margin-top: 14px; } article:first-child { margin-top: 0; }
  .avatar { width: 40px; height: 40px; border-radius: 50%; background: #eb459e; display: grid; place-items: center; font-weight: 600; color: #fff; flex: none; }
  .avatar.bot { background: #5865f2; } .body { flex: 1; min-width: 0; }
  header b { color: #f2f3f5; font-weight: 500; } time { color: #949ba4; font-size: 12px; margin-left: 8px; }
  .tag { background: #5865f2; color: #fff; font-size: 10px; border-radius: 4px; padding: 2px 5px; margin-left: 6px; vertical-align: 2px; }
  p { margin: 2px 0 6px; } .quiet { color: #949ba4; font-size: 12px; }
  .frame { border-left: 4px solid; background: #2b2d31; border-radius: 8px; padding: 14px 16px; margin-top: 4px; max-width: 500px; display: grid; gap: 8px; outline: 1px solid #3f4147; }
  .text { overflow-wrap: anywhere; } small { color: #949ba4; font-size: 13px; display: block; } b { color: #f2f3f5; }
  blockquote { margin: 0; border-left: 4px solid #4e5058; padding-left: 10px; }
  code { background: #1e1f22; border-radius: 4px; padding: 1px 4px; font-size: 14px; }
  .mention { background: #3c4270; color: #c9cdfb; border-radius: 3px; padding: 0 3px; }
  .row { display: flex; flex-wrap: wrap; gap: 8px; }
  .button { background: #4e5058; color: #fff; border-radius: 8px; padding: 5px 14px; font-size: 14px; font-weight: 500; }
  .button.primary { background: #5865f2; } .button.danger { background: #da373c; } .button.success { background: #248046; } .button i { font-style: normal; opacity: .8; }
  .button svg { width: 15px; height: 15px; fill: #ffcc4d; vertical-align: -2px; }
  .section { display: flex; justify-content: space-between; align-items: center; gap: 12px; } .section .button { flex: none; }
  .gallery { display: grid; gap: 4px; } .gallery img { width: 100%; border-radius: 8px; display: block; }
  .select { flex: 1; background: #1e1f22; border-radius: 8px; padding: 8px 12px; color: #949ba4; display: flex; justify-content: space-between; }
  .video { position: relative; width: 320px; } .video img { width: 100%; border-radius: 8px; display: block; }
  .video span { position: absolute; inset: 0; margin: auto; width: 48px; height: 48px; border-radius: 50%; background: #0009; display: grid; place-items: center; color: #fff; }
`;
