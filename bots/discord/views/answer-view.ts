/** An answer: its words, the frame that shows it, a link to each moment, and whether it helped. */
import { type APIMediaGalleryItem, ComponentType } from "discord.js";
import type { AnswerMessage, SpanView } from "../../chat/chat-message.ts";
import { customId } from "../custom-id.ts";
import { WORDS } from "../words.ts";
import { cut, LIMITS, plainCut } from "./limits.ts";
import type { ViewOptions } from "./message-view.ts";
import { button, footnote, framed, linkButton, quoted, row, rows, text, type View, type ViewFile } from "./view.ts";

export function answerView(message: AnswerMessage, options: Pick<ViewOptions, "links">): View {
  const linked = options.links === "buttons" ? message.spans.filter(isButton) : [];
  const written = message.spans.filter((span) => !linked.includes(span as LinkedSpan));
  const files = [...frameFile(message), ...clipCutFile(message)];
  const items: APIMediaGalleryItem[] = files.map((file) => ({
    media: { url: `attachment://${file.name}` },
    description: file.description,
  }));
  return framed(
    message.verdict,
    [
      quoted(message.quote),
      text(plainCut(message.text, 2000)),
      items.length === 0 ? undefined : { type: ComponentType.MediaGallery, items },
      ...rows(linked.map((span) => linkButton(`▶ ${span.label}`, span.url))),
      written.length === 0 ? undefined : text(writtenSpans(written)),
      footnote(plainCut(message.footnote, 200)),
      row(
        button(WORDS.helpful, customId("helpful", message.inquiryId)),
        button(WORDS.unhelpful, customId("unhelpful", message.inquiryId)),
      ),
    ],
    files,
  );
}

type LinkedSpan = SpanView & { readonly url: string };
export const isButton = (span: SpanView): span is LinkedSpan =>
  span.url !== undefined && span.url.length <= LIMITS.buttonUrl;

/** As many as fit; an address is given only whole. */
function writtenSpans(spans: readonly SpanView[]): string {
  const lines = spans.map((span) => (span.url === undefined ? span.label : `${span.label}: ${span.url}`));
  return lines.reduce((all, line) => (all.length + line.length < 1000 ? `${all}\n${line}` : all), "").trim();
}

function frameFile({ frame }: AnswerMessage): ViewFile[] {
  if (!frame || frame.jpeg.length > LIMITS.uploadBytes) return [];
  const description = cut(frame.altText, LIMITS.mediaDescription);
  return [{ name: "evidence.jpg", data: frame.jpeg, contentType: "image/jpeg", description }];
}

function clipCutFile({ clipCut, spans }: AnswerMessage): ViewFile[] {
  if (!clipCut || clipCut.mp4.length > LIMITS.uploadBytes) return [];
  const description = cut(spans[0]?.label ?? clipCut.name, LIMITS.mediaDescription);
  return [{ name: "moment.mp4", data: clipCut.mp4, contentType: "video/mp4", description }];
}
