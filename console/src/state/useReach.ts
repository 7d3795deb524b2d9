import { useEffect, useState, useSyncExternalStore } from "react";
import { reach } from "../api/reach";

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
