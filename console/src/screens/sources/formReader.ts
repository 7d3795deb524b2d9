/** Reads the fields of a form from its HTML, without running or loading anything of it. */

export interface PreviewField {
  name: string;
  label: string;
  kind: "text" | "select" | "checkbox" | "hidden" | "honeypot";
  required: boolean;
  placeholder: string;
  value: string;
  options: string[];
}

export interface PreviewForm {
  fields: PreviewField[];
  submit: string;
}

export function readForm(html: string, honeypot: string): PreviewForm {
  const page = new DOMParser().parseFromString(bare(html), "text/html");
  const form = page.querySelector("form") ?? page.body;
  const fields: PreviewField[] = [];
  for (const control of form.querySelectorAll<HTMLInputElement | HTMLSelectElement | HTMLTextAreaElement>("input,select,textarea")) {
    const type = control.tagName === "INPUT" ? (control.getAttribute("type") ?? "text") : "text";
    const name = control.getAttribute("name") ?? "";
    if (name === "" || type === "submit" || type === "button") continue;
    fields.push({
      name, label: labelOf(form, control) || name, required: control.hasAttribute("required"), placeholder: control.getAttribute("placeholder") ?? "", value: control.getAttribute("value") ?? "",
      kind: name === honeypot ? "honeypot" : type === "hidden" ? "hidden" : type === "checkbox" ? "checkbox" : control.tagName === "SELECT" ? "select" : "text",
      options: [...control.querySelectorAll("option")].map((option) => option.textContent?.trim() ?? ""),
    });
  }
  const button = form.querySelector("button[type=submit],button:not([type]),input[type=submit]");
  return { fields, submit: button?.textContent?.trim() || button?.getAttribute("value") || "Submit" };
}

/** The markup without what the page's own policy would report, even though nothing of it is run. */
function bare(html: string): string {
  return html.replace(/<(script|style)\b[\s\S]*?<\/\1\s*>/gi, "").replace(/\s(?:style|on\w+)\s*=\s*(?:"[^"]*"|'[^']*'|[^\s>]+)/gi, "");
}

function labelOf(form: Element, control: Element): string {
  const label = control.closest("label") ?? (control.id ? form.querySelector(`label[for="${CSS.escape(control.id)}"]`) : null);
  const copy = label?.cloneNode(true) as Element | undefined;
  copy?.querySelectorAll("input,select,textarea").forEach((inside) => inside.remove());
  return copy?.textContent?.replace(/\s+/g, " ").trim().replace(/[:*]$/, "") ?? "";
}
