import { RefObject, useEffect, useRef, useState } from "react";

/** The width of an element as it is laid out, so that charts draw in real pixels. 0 until it is known. */
export function useWidth<E extends Element>(): [RefObject<E>, number] {
  const element = useRef<E>(null);
  const [width, setWidth] = useState(0);
  useEffect(() => {
    const target = element.current;
    if (!target) return undefined;
    const observer = new ResizeObserver((entries) => {
      const found = entries[0]?.contentRect.width;
      if (found !== undefined) setWidth(Math.floor(found));
    });
    observer.observe(target);
    setWidth(Math.floor(target.getBoundingClientRect().width));
    return () => observer.disconnect();
  }, []);
  return [element, width];
}
