import type { InputBlock, ModalView } from "@slack/types";
import type { ChatSettings, WatchMode } from "../../../core/index.ts";
import { ANSWER_MODES, WATCH_MODES } from "../../chat/command-texts.ts";
import { VIEW_SETTINGS } from "../action-ids.ts";
import { plain } from "./blocks.ts";

/** @param channelId  travels with the form, and comes back in `private_metadata` */
export const settingsView = ({ watch, answer }: Required<ChatSettings>, channelId: string): ModalView => ({
  type: "modal",
  callback_id: VIEW_SETTINGS,
  private_metadata: channelId,
  title: plain("Clips in this channel", 24),
  submit: plain("Save", 24),
  close: plain("Cancel", 24),
  blocks: [choice("watch", "I watch", WATCH_MODES, watch), choice("answer", "I answer", ANSWER_MODES, answer)],
});

/** `view.state.values` of the sent form; what is not one of ours is left as it was. */
export function readSettingsView(
  values: Readonly<
    Record<string, Readonly<Record<string, { readonly selected_option?: { readonly value?: string } | null }>>>
  >,
): ChatSettings {
  const chosen = (name: string) => values[name]?.[name]?.selected_option?.value ?? "";
  const watch = chosen("watch");
  const answer = chosen("answer");
  return {
    ...(watch in WATCH_MODES && { watch: watch as WatchMode }),
    ...(answer in ANSWER_MODES && { answer: answer as "always" | "mention" }),
  };
}

function choice(name: string, label: string, modes: Readonly<Record<string, string>>, now: string): InputBlock {
  const options = Object.entries(modes).map(([value, text]) => ({ value, text: plain(text, 75) }));
  const initial = options.find(({ value }) => value === now);
  return {
    type: "input",
    block_id: name,
    label: plain(label, 2000),
    element: { type: "radio_buttons", action_id: name, options, ...(initial && { initial_option: initial }) },
  };
}
