/**
 * Whether the server can be reached, from what every request of this page meets: `lost` where nothing answered, `answered`
 * where something did, whatever it said.
 */
export class Reach {
  private away = false;
  private listeners = new Set<(away: boolean) => void>();

  isAway = (): boolean => this.away;

  lost(): void {
    this.become(true);
  }

  answered(): void {
    this.become(false);
  }

  /** Calls back at each change, until the returned function is called. */
  subscribe = (listener: (away: boolean) => void): (() => void) => {
    this.listeners.add(listener);
    return () => {
      this.listeners.delete(listener);
    };
  };

  private become(away: boolean): void {
    if (this.away === away) return;
    this.away = away;
    for (const listener of [...this.listeners]) listener(away);
  }
}

export const reach = new Reach();
