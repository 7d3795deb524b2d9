/** Reading `text/event-stream` (WHATWG HTML, section 9.2.6) from a fetch: EventSource cannot carry credentials. */
export interface StreamEvent {
  event: string;
  data: string;
}

/** Takes pieces of text as they come and gives the events that they complete. Comments and unknown fields are left out. */
export class EventStreamReader {
  private rest = "";
  private name = "";
  private data: string[] = [];

  take(piece: string): StreamEvent[] {
    const lines = (this.rest + piece).split(/\r\n|\n|\r(?!$)/);
    this.rest = lines.pop() ?? "";
    return lines.flatMap((line) => this.line(line) ?? []);
  }

  private line(line: string): StreamEvent | null {
    if (line === "") {
      const event = this.data.length > 0 ? { event: this.name || "message", data: this.data.join("\n") } : null;
      this.name = "";
      this.data = [];
      return event;
    }
    const colon = line.indexOf(":");
    const field = colon < 0 ? line : line.slice(0, colon);
    const value = colon < 0 ? "" : line.slice(colon + 1).replace(/^ /, "");
    if (field === "event") this.name = value;
    else if (field === "data") this.data.push(value);
    return null;
  }
}
