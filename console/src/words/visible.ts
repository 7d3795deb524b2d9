/**
 * Text that somebody else wrote, with what cannot be seen made visible: characters that turn the direction of what follows, or
 * control a terminal, would let one name pass for another.
 */
export function visible(text: string): string {
  return text.replace(/[\u0000-\u001f\u007f-\u009f\u061c\u200b-\u200f\u202a-\u202e\u2060-\u2069\ufeff]/g, (character) =>
    /[\t\n]/.test(character) ? character : `\u2039U+${character.charCodeAt(0).toString(16).toUpperCase().padStart(4, "0")}\u203a`);
}
