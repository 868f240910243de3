/** Block Kit as HTML in the look of Slack, for pictures in docs/slack.md. Draws the blocks that bots/slack builds, no others. */
import { execFile } from "node:child_process";
import { join } from "node:path";
import { promisify } from "node:util";
import type { KnownBlock } from "@slack/types";
import type { RememberedClip } from "../../bots/chat/desk.ts";
import { problemNotice } from "../../bots/chat/messages.ts";
import { homeView } from "../../bots/slack/views/home.ts";
import { drawMessage } from "../../bots/slack/views/message.ts";
import { settingsView } from "../../bots/slack/views/settings.ts";
import { clockSpan } from "../../bots/time-text.ts";
import { DomainError } from "../../core/index.ts";
import { aShare } from "./chat-builders.ts";
import { aMoments, aNotice, anAnswer, anAnswering, aProgress, aReady, aSpan } from "./chat-messages.ts";

export interface SlackPreview {
  /** Of the picture: `docs/images/slack-NAME.png`. */
  readonly name: string;
  readonly html: string;
}

const span = (start: number, end: number) => aSpan(start, end, clockSpan({ startSeconds: start, endSeconds: end }));

export async function slackPreviews(repo: string): Promise<readonly SlackPreview[]> {
  const frame = await frameOf(join(repo, "docs/demo/meadow.mp4"), 5);
  const message = (name: string, said: Parameters<typeof drawMessage>[0], extra = ""): SlackPreview => ({
    name,
    html: page(fromBot(drawMessage(said).blocks.map(drawBlock).join("") + extra)),
  });
  // As the shipped bundle answers about the demo clip.
  const answer = drawMessage(
    anAnswer({
      text: "The dog bark sound is heard from 0:04.5 to 0:08.",
      spans: [span(4.5, 8)],
      footnote: "damo-mini 0.1.0, 51 % sure",
    }),
  )
    .blocks.map(drawBlock)
    .join("");
  const evidence = `<div class="file">The clip at 0:04 to 0:08</div><img class="frame" src="data:image/jpeg;base64,${frame}">`;
  const clips: RememberedClip[] = [
    { share: aShare("1", { title: "meadow.mp4" }), durationSeconds: 24, sizeBytes: 28_000 },
    { share: aShare("2", { title: "stand-up 2026-11-20.mov" }), durationSeconds: 905, sizeBytes: 1_020_000 },
  ];
  const settings = settingsView({ watch: "always", answer: "mention", askParticipants: true }, "C1");
  return [
    message(
      "progress",
      aProgress({
        watchedSeconds: 16,
        durationSeconds: 24,
        text: "Watching meadow.mp4: 0:16 of 0:24. You can already ask about that part.",
      }),
    ),
    message(
      "ready",
      aReady({
        text: "I have watched meadow.mp4 (0:24). Ask me about it in this thread.",
        suggestions: ["When does the dog bark?", "How often is the rooster seen?", "What happens after the dog bark?"],
      }),
    ),
    message("answering", anAnswering("The dog bark sound is heard from", { quote: "When does the dog bark?" })),
    { name: "answer", html: page(fromPerson("When does the dog bark?") + fromBot(answer + evidence)) },
    message(
      "moments",
      aMoments({
        text: "What happens in meadow.mp4:",
        moments: [
          { ...span(3, 8), what: "soccer ball (seen)" },
          { ...span(5, 8), what: "dog bark (heard)" },
          { ...span(10, 15), what: "butterfly (seen)" },
          { ...span(17, 22), what: "rooster (seen)" },
        ],
      }),
    ),
    message("problem", problemNotice(new DomainError("source.no_access", "", { details: { scope: "files:read" } }))),
    message(
      "forgotten",
      aNotice({
        text: "I have forgotten meadow.mp4. Removed: its memory, 3 questions with their answers, my copy of it.",
      }),
    ),
    {
      name: "home",
      html: page(
        `<div class="home">${homeView(clips)
          .blocks.map((block) => drawBlock(block as KnownBlock))
          .join("")}</div>`,
      ),
    },
    {
      name: "settings",
      html: page(
        `<div class="modal"><h2>${words(settings.title)}</h2>${settings.blocks.map((block) => drawBlock(block as KnownBlock)).join("")}
        <div class="foot"><span class="button">Cancel</span> <span class="button primary">Save</span></div></div>`,
      ),
    },
  ];
}

/** One picture of the demo clip, as base64 of a JPEG. */
async function frameOf(clip: string, atSeconds: number): Promise<string> {
  const options = ["-v", "error", "-ss", String(atSeconds), "-i", clip, "-frames:v", "1", "-vf", "scale=360:-1"];
  const run = promisify(execFile);
  const { stdout } = await run("ffmpeg", [...options, "-f", "mjpeg", "-"], { encoding: "buffer", maxBuffer: 1e8 });
  return stdout.toString("base64");
}

interface Drawable {
  readonly type: string;
  readonly text?: unknown;
  readonly label?: unknown;
  readonly elements?: readonly Drawable[];
  readonly accessory?: Drawable;
  readonly element?: {
    readonly options: readonly { readonly text: unknown; readonly value: string }[];
    readonly initial_option?: { readonly value: string };
  };
  readonly style?: string;
  readonly url?: string;
  readonly positive_button?: { readonly text: unknown };
  readonly negative_button?: { readonly text: unknown };
}

function drawBlock(block: unknown): string {
  const { type, text, elements = [], accessory, label, element } = block as Drawable;
  switch (type) {
    case "section":
      return `<div class="section"><p>${words(text)}</p>${accessory ? drawElement(accessory) : ""}</div>`;
    case "context":
      return `<div class="context">${elements.map((one) => words(one)).join(" &nbsp; ")}</div>`;
    case "actions":
      return `<div class="actions">${elements.map(drawElement).join("")}</div>`;
    case "context_actions":
      return `<div class="context-actions">${elements.map(drawElement).join("")}</div>`;
    case "header":
      return `<h2>${words(text)}</h2>`;
    case "divider":
      return "<hr>";
    case "input":
      return `<div class="input"><b>${words(label)}</b>${(element?.options ?? [])
        .map(
          ({ text: option, value }) =>
            `<label><i class="${value === element?.initial_option?.value ? "on" : ""}"></i>${words(option)}</label>`,
        )
        .join("")}</div>`;
    default:
      throw new Error(`no picture of a ${type} block`);
  }
}

function drawElement({ type, text, style = "", positive_button, negative_button }: Drawable): string {
  if (type === "feedback_buttons") {
    return `<span class="feedback">${THUMB} ${words(positive_button?.text)}</span><span class="feedback">${THUMB.replace("<svg", '<svg style="transform:scaleY(-1)"')} ${words(negative_button?.text)}</span>`;
  }
  return `<span class="button ${style}">${words(text)}</span>`;
}

/** No font of a bare machine has it. */
const THUMB = `<svg width="13" height="13" viewBox="0 0 24 24" fill="#616061"><path d="M2 10h4v11H2zm6 0 5-8c2 0 3 1.500 2.500 3.500L14.700 9H20c1.500 0 2.500 1.300 2.100 2.700l-2 7.500A2.400 2.400 0 0 1 17.800 21H8z"/></svg>`;

/** The words of a text object. */
function words(text: unknown): string {
  const said = (text as { text?: string } | undefined)?.text ?? "";
  return said.replace(/&/g, "&amp;").replace(/</g, "&lt;").replace(/\n/g, "<br>");
}

const fromBot = (inside: string): string =>
  `<div class="message"><div class="face bot">▶</div><div><b>damo</b> <span class="app">APP</span> <time>2:45 PM</time>${inside}</div></div>`;

const fromPerson = (said: string): string =>
  `<div class="message"><div class="face">A</div><div><b>Alice</b> <time>2:44 PM</time><p>${said}</p></div></div>`;

const page = (inside: string): string => `<!doctype html><meta charset="utf-8"><style>
body{margin:0;background:#fff}
#shot{width:640px;padding:16px 20px;font:15px/1.46 Lato,"DejaVu Sans",Arial,sans-serif;color:#1d1c1d;background:#fff;box-sizing:border-box}
.message{display:flex;gap:10px;margin-bottom:10px}.message>div:last-child{flex:1}
.face{width:36px;height:36px;border-radius:8px;background:#4a154b;color:#fff;display:grid;place-items:center;font-weight:700;flex:none}
.face.bot{background:#1f2933}.app{font-size:10px;background:#e8e8e8;color:#616061;border-radius:2px;padding:1px 3px;vertical-align:1px}
time{font-size:12px;color:#616061}p{margin:2px 0}b{font-weight:800}
.section{display:flex;justify-content:space-between;gap:12px;align-items:flex-start;margin:2px 0 6px}
.context{font-size:13px;color:#616061;margin:4px 0}.actions{display:flex;flex-wrap:wrap;gap:8px;margin:8px 0}
.button{display:inline-block;border:1px solid #bbb;border-radius:4px;padding:5px 12px;font-size:13px;font-weight:700;white-space:nowrap}
.button.primary{background:#007a5a;border-color:#007a5a;color:#fff}.button.danger{color:#e01e5a;border-color:#e01e5a}
.context-actions{display:flex;gap:6px;margin-top:6px}.feedback{font-size:12px;color:#616061;border-radius:4px;background:#f4f4f4;padding:3px 8px}
.file{font-size:13px;color:#616061;margin:12px 0 4px}.frame{border-radius:8px;border:1px solid #ddd;display:block}
h2{font-size:18px;margin:8px 0}hr{border:0;border-top:1px solid #ddd;margin:14px 0}
.modal{border:1px solid #ddd;border-radius:8px;padding:8px 20px 14px}.foot{text-align:right;margin-top:10px}
.input{margin:10px 0}.input label{display:block;margin:5px 0}.input i{display:inline-block;width:14px;height:14px;border:1.5px solid #868686;border-radius:50%;vertical-align:-2px;margin-right:8px}
.input i.on{border:4.5px solid #1264a3;width:8px;height:8px}
</style><div id="shot">${inside}</div>`;
