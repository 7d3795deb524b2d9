import type { Attempt } from "../../api/attempts";
import { Action, useActions } from "../../state/actions";
import { go } from "../../state/useView";
import { copyText } from "../Copy";

/** What can be done with an attempt, from its page and from its drawer. */
export function useAttemptActions(attempt: Attempt | undefined): void {
  const actions: Action[] = [];
  if (attempt) {
    const { attempt_id: id, user_id: user, failure_code: code, source } = attempt;
    actions.push({ says: "Copy the id of this attempt", run: () => { copyText(id).catch(() => undefined); } });
    if (user !== null) actions.push({ says: "All attempts of this person", run: () => go({ screen: "attempts", item: null, open: null, filters: { user: [user] }, words: "", range: { kind: "preset", preset: "1y" } }) });
    if (code !== null) actions.push({ says: `Attempts with ${code} from ${source}`, run: () => go({ screen: "attempts", item: null, open: null, filters: { code: [code], source: [source] }, words: "" }) });
    actions.push({ says: "Open the day of this attempt", run: () => go({ screen: "days", item: attempt.logical_date, open: null }) });
  }
  useActions(actions);
}
