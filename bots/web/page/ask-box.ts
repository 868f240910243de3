/** The question box: the answer appears while it is made, then as the server draws it, with its times and frames. */
import { byId } from "./dom.ts";
import { readEvents } from "./event-stream.ts";

interface Answered {
  readonly html: string;
  readonly spans: readonly { readonly startSeconds: number; readonly endSeconds: number }[];
}

export interface AskBoxOptions {
  readonly form: HTMLFormElement;
  readonly onAnswered: (spans: Answered["spans"]) => void;
}

export function askInPlace({ form, onAnswered }: AskBoxOptions): void {
  const input = form.elements.namedItem("question") as HTMLInputElement;
  const button = form.querySelector("button") as HTMLButtonElement;
  const turns = byId("turns");

  form.addEventListener("submit", async (event) => {
    event.preventDefault();
    const question = input.value.trim();
    if (question === "" || button.disabled) return;
    button.disabled = true;
    turns.querySelector(".empty")?.remove();
    const turn = pending(question);
    turns.append(turn.element);
    show(turn.element);
    input.value = "";
    try {
      for await (const { event: name, data } of await ask(form.action, question)) {
        const value: unknown = JSON.parse(data);
        if (name === "text") turn.addText(value as string);
        if (name === "problem") turn.fail(value as { says: string; advice: string });
        if (name === "answered") {
          const { html, spans } = value as Answered;
          const drawn = document.createElement("template");
          drawn.innerHTML = html;
          turn.element.replaceWith(drawn.content);
          show(turns.lastElementChild as HTMLElement);
          onAnswered(spans);
        }
      }
    } catch {
      turn.fail({ says: "The answer did not arrive.", advice: "Check that damo is still running, then ask again." });
    }
    // What was not answered can be asked again without writing it again.
    if (turn.failed && input.value === "") input.value = question;
    button.disabled = false;
  });
}

async function* ask(url: string, question: string) {
  const response = await fetch(url, {
    method: "POST",
    headers: { Accept: "text/event-stream" },
    body: new URLSearchParams({ question }),
  });
  if (response.headers.get("Content-Type")?.startsWith("application/json")) {
    yield { event: "problem", data: await response.text() };
  } else if (response.ok && response.body) yield* readEvents(response.body);
  else throw new Error(`status ${response.status}`);
}

/** A turn whose answer is on its way. */
function pending(question: string) {
  const element = document.createElement("article");
  element.className = "turn pending";
  const heading = document.createElement("h3");
  heading.textContent = question;
  const text = document.createElement("p");
  text.textContent = "…";
  element.append(heading, text);
  let begun = false;
  return {
    element,
    failed: false,
    addText(piece: string) {
      text.textContent = begun ? text.textContent + piece : piece;
      begun ||= piece !== "";
    },
    fail({ says, advice }: { says: string; advice: string }) {
      this.failed = true;
      element.className = "turn problem";
      text.textContent = `${says} ${advice}`;
    },
  };
}

const show = (element: HTMLElement) => element.scrollIntoView({ block: "nearest" });
