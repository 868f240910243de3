/**
 * Block Kit's limits, as an oracle beside the code that keeps them: from the reference and the types of @slack/types 3.2,
 * not from bots/slack/views. Returns what Slack would refuse, one line each.
 */

type Json = Record<string, unknown>;

/** https://docs.slack.dev/reference/block-kit: longest texts, most elements. */
const MOST_BLOCKS = 50;
const KNOWN_BLOCKS = new Set([
  ...["actions", "context", "context_actions", "divider", "header", "image", "input", "markdown", "section"],
  ...["task_card", "video", "rich_text"],
]);

export function blockProblems(blocks: readonly unknown[], mostBlocks = MOST_BLOCKS): readonly string[] {
  const problems: string[] = [];
  const check = (ok: boolean, what: string) => ok || problems.push(what);
  check(blocks.length <= mostBlocks, `${blocks.length} blocks`);
  const blockIds = blocks.flatMap((block) => (block as Json)["block_id"] ?? []);
  check(new Set(blockIds).size === blockIds.length, "a block_id twice");
  const actionIds: unknown[] = [];
  let words = 0;

  const textOf = (value: unknown, most: number, where: string) => {
    const { type, text } = (value ?? {}) as { type?: string; text?: string };
    check(type === "plain_text" || type === "mrkdwn", `${where}: text of type ${type}`);
    check(typeof text === "string" && text.length > 0, `${where}: empty text`);
    check((text ?? "").length <= most, `${where}: ${text?.length} characters, the most are ${most}`);
    words += text?.length ?? 0;
  };
  const element = (value: unknown, where: string) => {
    const { type, text, value: sent, url, action_id: id, confirm } = value as Json;
    if (id !== undefined) actionIds.push(id);
    if (type === "button") {
      textOf(text, 75, `${where} button`);
      check(typeof id === "string" && id.length <= 255, `${where}: action_id`);
      check(String(sent ?? "").length <= 2000, `${where}: value too long`);
      check(
        url === undefined || /^https?:\/\/.{1,2990}$/.test(String(url)),
        `${where}: url ${String(url).slice(0, 40)}`,
      );
      const { title, text: asks, confirm: yes, deny } = (confirm ?? {}) as Json;
      if (confirm)
        for (const [part, most] of [
          [title, 100],
          [asks, 300],
          [yes, 30],
          [deny, 30],
        ] as const)
          textOf(part, most, `${where} confirm`);
    } else if (type === "feedback_buttons") {
      for (const name of ["positive_button", "negative_button"]) {
        const half = (value as Json)[name] as Json;
        textOf(half["text"], 75, `${where} ${name}`);
        check(String(half["value"]).length <= 2000, `${where} ${name}: value too long`);
      }
    } else if (type === "radio_buttons") {
      for (const option of (value as Json)["options"] as Json[]) textOf(option["text"], 75, `${where} option`);
    } else problems.push(`${where}: element ${String(type)}`);
  };

  blocks.forEach((raw, i) => {
    const block = raw as Json;
    const {
      type,
      block_id: id,
      elements = [],
      accessory,
    } = block as { type: string; block_id?: string; elements?: unknown[]; accessory?: unknown };
    const where = `block ${i} (${type})`;
    check(KNOWN_BLOCKS.has(type), `${where}: unknown`);
    check(id === undefined || id.length <= 255, `${where}: block_id too long`);
    if (type === "section") textOf(block["text"], 3000, where);
    if (type === "header") textOf(block["text"], 150, where);
    if (type === "context") {
      check(elements.length >= 1 && elements.length <= 10, `${where}: ${elements.length} elements`);
      for (const one of elements) textOf(one, 2000, where);
    }
    if (type === "actions") {
      check(elements.length >= 1 && elements.length <= 25, `${where}: ${elements.length} elements`);
      for (const one of elements) element(one, where);
    }
    if (type === "context_actions") {
      check(elements.length >= 1 && elements.length <= 5, `${where}: ${elements.length} elements`);
      for (const one of elements) element(one, where);
    }
    if (type === "input") {
      textOf(block["label"], 2000, where);
      element(block["element"], where);
    }
    if (accessory) element(accessory, where);
  });
  check(new Set(actionIds).size === actionIds.length, `an action_id twice: ${actionIds.join(", ")}`);
  check(words <= 40_000, `${words} characters in one message`);
  return problems;
}
