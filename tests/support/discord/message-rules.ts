/**
 * What Discord refuses in a message of components, after its own pages (docs.discord.com: developers/components/reference)
 * and the checks of discord.js' builders, which neither the twin nor we wrote. `undefined` when all is well.
 */

import { createComponentBuilder } from "discord.js";
import { type APIMessageTopLevelComponent, ComponentType, MessageFlags } from "discord-api-types/v10";

interface SentMessage {
  readonly content?: string | null;
  readonly embeds?: readonly unknown[] | null;
  readonly components?: readonly APIMessageTopLevelComponent[] | null;
  readonly flags?: number | null;
  readonly attachments?: readonly { readonly filename?: string | null }[];
}

export function problemIn(message: SentMessage): string | undefined {
  const components = message.components ?? [];
  if (((message.flags ?? 0) & MessageFlags.IsComponentsV2) === 0) {
    return message.content ? undefined : "Cannot send an empty message";
  }
  if (message.content || message.embeds?.length) return "content and embeds cannot be used with components v2";
  if (components.length === 0) return "components: at least one";
  const all = flatten(components);
  if (all.length > 40) return `components: ${all.length} of at most 40`;
  const text = all.reduce((length, part) => length + (part.content ?? "").length, 0);
  if (text > 4000) return `text: ${text} of at most 4000`;
  const ids = all.flatMap(({ id }) => id ?? []);
  if (new Set(ids).size !== ids.length) return "components: an id twice";
  if (ids.some((id) => !Number.isInteger(id) || id < 0 || id >= 2 ** 31)) return "components: an id of over 31 bits";
  const customIds = all.flatMap((part) => part.custom_id ?? []);
  if (new Set(customIds).size !== customIds.length) return "components: a custom_id twice";
  if (customIds.some((id) => id.length === 0 || id.length > 100)) return "custom_id: 1 to 100 characters";
  const names = new Set((message.attachments ?? []).map(({ filename }) => filename));
  for (const { type, components: inside, items, url } of all) {
    if (type === ComponentType.ActionRow && !inside?.length) return "an empty row";
    if (items && (items.length < 1 || items.length > 10)) return "a gallery has 1 to 10 items";
    for (const { media, description } of items ?? []) {
      const name = /^attachment:\/\/(.+)$/.exec(media.url)?.[1];
      if (name !== undefined && !names.has(name)) return `${media.url} is not attached`;
      if ((description?.length ?? 0) > 1024) return "a description has at most 1024 characters";
    }
    if (type === ComponentType.Button && url !== undefined) {
      if (url.length > 512) return "url: Must be 512 or fewer in length.";
      if (!/^https?:\/\/[^/]*\./.test(url)) return "url: Not a well formed URL.";
    }
  }
  try {
    for (const component of components) createComponentBuilder(component).toJSON();
  } catch (error) {
    return String(error);
  }
  return undefined;
}

interface Part {
  readonly type: number;
  readonly id?: number;
  readonly content?: string;
  readonly custom_id?: string;
  readonly url?: string;
  readonly components?: readonly Part[];
  readonly accessory?: Part;
  readonly items?: readonly { readonly media: { readonly url: string }; readonly description?: string | null }[];
}

const flatten = (parts: readonly unknown[]): Part[] =>
  (parts as readonly Part[]).flatMap((part) => [
    part,
    ...flatten(part.components ?? []),
    ...flatten(part.accessory ? [part.accessory] : []),
  ]);
