/** Keyboard commands. One listener; single keys and two-key sequences (`g t`); never while somebody types. */
import { useLayoutEffect, useRef } from "react";

export interface KeyCommand {
  keys: string; // "j", "g t", "Enter"
  says: string;
  group: "Go to" | "On this screen" | "Everywhere";
  run: () => void;
}

const SEQUENCE_MS_MAX = 1_200;
/** `alone`: while this layer is there, those below it are not in force. */
const layers: { current: KeyCommand[]; alone?: boolean }[] = [];
let pending: { key: string; at: number } | null = null;

function typing(target: EventTarget | null): boolean {
  if (!(target instanceof HTMLElement)) return false;
  return target.isContentEditable || ["INPUT", "TEXTAREA", "SELECT"].includes(target.tagName);
}

function pressesItself(target: EventTarget | null): boolean {
  return target instanceof Element && target.closest("a,button,summary,[role=option],[role=menuitem]") !== null;
}

function find(keys: string): KeyCommand | undefined {
  for (let index = layers.length - 1; index >= 0; index -= 1) {
    const found = layers[index]?.current.find((command) => command.keys === keys);
    if (found) return found;
    if (layers[index]?.alone) return undefined;
  }
  return undefined;
}

function onKey(event: KeyboardEvent): void {
  if (event.defaultPrevented || event.metaKey || event.ctrlKey || event.altKey) return;
  if (typing(event.target) && event.key !== "Escape") return;
  if (event.key === "Enter" && pressesItself(event.target)) return;
  const now = Date.now();
  const sequence = pending && now - pending.at < SEQUENCE_MS_MAX ? `${pending.key} ${event.key}` : null;
  pending = null;
  const command = (sequence && find(sequence)) || find(event.key);
  if (command) {
    event.preventDefault();
    command.run();
  } else if (event.key.length === 1 && starts(event.key)) {
    pending = { key: event.key, at: now };
  }
}

function starts(key: string): boolean {
  const first = layers.map((layer) => layer.alone === true).lastIndexOf(true);
  return layers.slice(Math.max(0, first)).some((layer) => layer.current.some((command) => command.keys.startsWith(`${key} `)));
}

export function startKeyboard(): void {
  document.addEventListener("keydown", onKey);
}

/** Commands while the calling component is on the page; a later layer wins over an earlier one. */
export function useKeys(commands: KeyCommand[], { alone = false }: { alone?: boolean } = {}): void {
  const layer: { current: KeyCommand[]; alone?: boolean } = useRef(commands);
  layer.current = commands;
  // Before the next key can be pressed: from one day to the next, two presses follow each other quickly.
  useLayoutEffect(() => {
    layer.alone = alone;
    layers.push(layer);
    return () => {
      layers.splice(layers.indexOf(layer), 1);
    };
  }, [alone]);
}

/** All commands in force, each key once, for the help. */
export function commandsNow(): KeyCommand[] {
  const seen = new Map<string, KeyCommand>();
  const first = layers.map((layer) => layer.alone === true).lastIndexOf(true);
  for (const layer of layers.slice(Math.max(0, first))) for (const command of layer.current) seen.set(command.keys, command);
  return [...seen.values()];
}
