/** Saving what a chart shows: the data as CSV (RFC 4180), the picture as PNG. */
import type { ChartTable } from "./ChartFrame";

export function toCsv(table: ChartTable): string {
  return [table.columns, ...table.rows].map((row) => row.map(cell).join(",")).join("\r\n") + "\r\n";
}

/** A text that a spreadsheet would take for a formula gets an apostrophe first. */
function cell(value: string | number | null): string {
  if (value === null) return "";
  if (typeof value === "number") return String(value);
  const safe = /^[=+\-@\t]/.test(value) ? `'${value}` : value;
  return /[",\r\n]/.test(safe) ? `"${safe.replace(/"/g, '""')}"` : safe;
}

export function saveFile(name: string, type: string, content: BlobPart): void {
  const url = URL.createObjectURL(new Blob([content], { type }));
  const link = document.createElement("a");
  link.href = url;
  link.download = name;
  link.click();
  URL.revokeObjectURL(url);
}

const DRAWN = ["fill", "stroke", "stroke-width", "stroke-dasharray", "opacity", "fill-opacity", "font-family", "font-size"] as const;
const SCALE = 2;
const MARGIN = 16;
const HEAD = 60;
const FOOT = 30;
/** What is there to be pressed, or for those who do not see: no part of a picture. */
const LEFT_OUT = ".chart-tools, .unseen, .tip";

export interface Caption {
  title: string;
  /** Unit and range, below the title. */
  covers: string;
  /** Whose numbers these are, and in which zone their times. */
  source: string;
}

/** The figure as it stands on the page, drawings, words and legend, under its title. */
export async function drawPng(figure: HTMLElement, name: string, caption: Caption): Promise<void> {
  const { width, height, left, top } = figure.getBoundingClientRect();
  const canvas = document.createElement("canvas");
  canvas.width = (width + 2 * MARGIN) * SCALE;
  canvas.height = (height + HEAD + FOOT + MARGIN) * SCALE;
  const context = canvas.getContext("2d");
  if (!context) return;
  context.scale(SCALE, SCALE);
  const page = getComputedStyle(document.documentElement);
  context.fillStyle = page.backgroundColor;
  context.fillRect(0, 0, canvas.width, canvas.height);
  context.fillStyle = page.color;
  context.font = `600 15px ${page.fontFamily}`;
  context.fillText(caption.title, MARGIN, MARGIN + 12);
  context.font = `12px ${page.fontFamily}`;
  context.fillText(caption.covers, MARGIN, MARGIN + 30);
  context.fillText(caption.source, MARGIN, HEAD + height + FOOT - 6);
  context.translate(MARGIN - left, HEAD - top);
  for (const drawing of figure.querySelectorAll("svg")) {
    if (drawing.closest(LEFT_OUT)) continue;
    const place = drawing.getBoundingClientRect();
    if (place.width > 0 && place.height > 0) context.drawImage(await pictureOf(drawing), place.left, place.top, place.width, place.height);
  }
  for (const key of figure.querySelectorAll(".key")) {
    const place = key.getBoundingClientRect();
    const colour = getComputedStyle(key).backgroundColor;
    context.strokeStyle = context.fillStyle = colour === "rgba(0, 0, 0, 0)" ? page.color : colour;
    context.strokeRect(place.left, place.top, place.width, place.height);
    if (colour !== "rgba(0, 0, 0, 0)") context.fillRect(place.left, place.top, place.width, place.height);
  }
  drawWords(figure, context);
  const blob = await new Promise<Blob | null>((done) => canvas.toBlob(done, "image/png"));
  if (blob) saveFile(name, "image/png", blob);
}

/** The styles of a drawing live in the page's style sheet; they are written into a copy before it is drawn. */
async function pictureOf(drawing: SVGSVGElement): Promise<HTMLImageElement> {
  const copy = drawing.cloneNode(true) as SVGSVGElement;
  const from = [drawing, ...drawing.querySelectorAll("*")];
  const to = [copy, ...copy.querySelectorAll("*")];
  from.forEach((element, index) => {
    const computed = getComputedStyle(element);
    for (const property of DRAWN) to[index]?.setAttribute(property, computed.getPropertyValue(property));
  });
  copy.setAttribute("xmlns", "http://www.w3.org/2000/svg");
  const { width, height } = drawing.getBoundingClientRect();
  copy.setAttribute("width", String(width));
  copy.setAttribute("height", String(height));
  const picture = new Image();
  picture.src = `data:image/svg+xml;charset=utf-8,${encodeURIComponent(new XMLSerializer().serializeToString(copy))}`;
  await picture.decode();
  return picture;
}

/** Word by word, each where the browser has put it: lines break where they break on the page. */
function drawWords(figure: HTMLElement, context: CanvasRenderingContext2D): void {
  const texts = document.createTreeWalker(figure, NodeFilter.SHOW_TEXT);
  const range = document.createRange();
  context.textBaseline = "middle";
  for (let node = texts.nextNode(); node; node = texts.nextNode()) {
    const element = node.parentElement;
    if (!element || element.closest(`${LEFT_OUT}, svg`)) continue;
    const computed = getComputedStyle(element);
    context.font = `${computed.fontWeight} ${computed.fontSize} ${computed.fontFamily}`;
    context.fillStyle = computed.color;
    const edge = element.closest(".heat-label, .name")?.getBoundingClientRect().right ?? Infinity;
    for (const found of (node.textContent ?? "").matchAll(/\S+/g)) {
      const word = String(found[0]);
      range.setStart(node, found.index ?? 0);
      range.setEnd(node, (found.index ?? 0) + word.length);
      const place = range.getBoundingClientRect();
      if (place.width > 0 && place.right <= edge + 1) context.fillText(word, place.left, place.top + place.height / 2);
    }
  }
}
