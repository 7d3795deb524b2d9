import { Empty } from "../parts/Empty";
import { useScope } from "../state/project";
import { useHref } from "../state/useView";
import { SCREENS } from "../state/view";
import { NAMES } from "./names";

/** The address is kept, so that a slip of the pen can be seen and put right. */
export function Missing() {
  const { view } = useScope();
  const href = useHref();
  const address = view.screen === "missing" ? view.item : [view.screen, view.item].filter(Boolean).join("/");
  return (
    <>
      <h1>Not found</h1>
      <Empty title="There is no page at this address">
        <p><code>{address}</code> is not a page of this console. The screens are:</p>
        <p className="empty-actions">{SCREENS.map((screen) => <a key={screen} className="button button-small" href={href({ screen, item: null, open: null })}>{NAMES[screen]}</a>)}</p>
      </Empty>
    </>
  );
}
