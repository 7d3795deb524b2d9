/** A name that people chose, such as a source's: 64 characters are accepted, so it is cut where it would push other things out. */
export function Name({ children }: { children: string }) {
  return <span className="name" title={children}>{children}</span>;
}
