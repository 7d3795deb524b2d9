import { visible } from "../words/visible";

/** A name that people chose, such as a source's: 64 characters are accepted, so it is cut where it would push other things out. */
export function Name({ children }: { children: string }) {
  return <bdi className="name" title={visible(children)}>{visible(children)}</bdi>;
}

/** The same where there is room for all of it, on its own side of whatever stands beside it. */
export function Said({ children }: { children: string }) {
  return <bdi>{visible(children)}</bdi>;
}
