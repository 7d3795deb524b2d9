import { useEffect, useState, useSyncExternalStore } from "react";
import { reach } from "../api/reach";
import { serverReturn } from "./waking";

/** One lost request among many is no outage: it is said after this time. */
const SAID_AFTER_MS = 800;

/** Whether the server has been out of reach for a moment. */
export function useAway(): boolean {
  const away = useSyncExternalStore(reach.subscribe, reach.isAway);
  const [said, say] = useState(false);
  useEffect(() => {
    if (!away) {
      say(false);
      return undefined;
    }
    const timer = setTimeout(() => say(true), SAID_AFTER_MS);
    return () => clearTimeout(timer);
  }, [away]);
  return away && said;
}

/** Whether nothing answers right now, and when the server is asked for next: null while an answer is waited for. */
export function useReturn(): { away: boolean; nextAt: number | null; tryNow: () => void } {
  const away = useSyncExternalStore(reach.subscribe, reach.isAway);
  const nextAt = useSyncExternalStore(serverReturn.subscribe, serverReturn.nextAt);
  return { away, nextAt, tryNow: serverReturn.now };
}
