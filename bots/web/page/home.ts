/** The page at `/`: a clip that is dropped or chosen is sent, with its progress, and its page opened. */

/** As dom.ts has it; a file that both pages share would be one more to wait for. */
const byId = <E extends HTMLElement = HTMLElement>(id: string): E => document.getElementById(id) as E;

document.documentElement.classList.add("scripted");
const { form: formToken = "", maxBytes = "" } = document.body.dataset;
const drop = byId<HTMLFormElement>("drop");
const file = byId<HTMLInputElement>("file");
const sending = byId("sending");
const refused = byId("refused");
const says = sending.querySelector("p") as HTMLElement;
const bar = sending.querySelector("progress") as HTMLProgressElement;
let request: XMLHttpRequest | undefined;

function refuse(text: string): void {
  refused.textContent = text;
  refused.hidden = false;
  sending.hidden = true;
  drop.classList.remove("busy");
  request = undefined;
  file.value = "";
}

function send(clip: File): void {
  if (request) return;
  refused.hidden = true;
  if (clip.size > Number(maxBytes)) {
    refuse(`${clip.name} is larger than this bot opens.`);
    return;
  }
  drop.classList.add("busy");
  sending.hidden = false;
  bar.value = 0;
  says.textContent = `Reading ${clip.name}`;

  // Not fetch: it does not say how much has been sent.
  const sent = new XMLHttpRequest();
  request = sent;
  sent.open("POST", "/clips");
  sent.setRequestHeader("X-Damo-Form", formToken);
  sent.setRequestHeader("X-Clip-Name", encodeURIComponent(clip.name));
  sent.upload.addEventListener("progress", ({ loaded, total }) => {
    bar.value = total > 0 ? loaded / total : 0;
  });
  sent.upload.addEventListener("load", () => {
    says.textContent = `Looking into ${clip.name}`;
    bar.removeAttribute("value");
  });
  sent.addEventListener("load", () => {
    const answer = parsed(sent.responseText);
    if (sent.status === 201 && answer.page) location.href = answer.page;
    else
      refuse(
        answer.says
          ? `${answer.says} ${answer.advice ?? ""}`
          : "This did not work. Load the page again, then repeat it.",
      );
  });
  sent.addEventListener("error", () => refuse("The clip did not arrive. Check that damo is still running."));
  sent.addEventListener("abort", () => refuse("Stopped."));
  sent.send(clip);
}

function parsed(text: string): { page?: string; says?: string; advice?: string } {
  try {
    return JSON.parse(text);
  } catch {
    return {};
  }
}

file.addEventListener("change", () => {
  const [clip] = file.files ?? [];
  if (clip) send(clip);
});
// The button that one sees is the label: Enter chooses, as Space does by itself, and never sends the form.
file.addEventListener("keydown", (event) => {
  if (event.key !== "Enter") return;
  event.preventDefault();
  file.click();
});
drop.addEventListener("submit", (event) => event.preventDefault());
byId("stop").addEventListener("click", () => request?.abort());

// The whole window takes a clip, so that none is opened by the browser instead.
for (const type of ["dragover", "dragleave", "drop"] as const) {
  addEventListener(type, (event) => {
    event.preventDefault();
    drop.classList.toggle("over", type === "dragover");
    const [clip] = event.dataTransfer?.files ?? [];
    if (type === "drop" && clip) send(clip);
  });
}

document.addEventListener("error", (event) => event.target instanceof HTMLImageElement && event.target.remove(), true);
