/** As many at once as trouble neither the server nor a browser's connections. */
const AT_ONCE = 4;

/** Does something with each, a few at a time, in their order. */
export async function eachOf<T>(things: T[], act: (thing: T) => Promise<void>): Promise<void> {
  const left = things.values();
  const work = async () => {
    for (const thing of left) await act(thing);
  };
  await Promise.all(Array.from({ length: AT_ONCE }, work));
}
