import { notify, save } from "@stationmaster/ui";
import { useMutation } from "@tanstack/react-query";
import { RowButton } from "../managed/RowButton";

interface Props {
  /** What it fetches, and of which one. */
  label: string;
  children: string;
  /** What it is saved as. */
  name: string;
  fetch: () => Promise<unknown>;
}

/** A button in a row that saves a file of the server's. */
export function Download({ label, children, name, fetch }: Props) {
  const file = useMutation({ mutationFn: fetch, onSuccess: (content) => { save(name, content as Blob); }, onError: notify.failed });
  return <RowButton label={label} busy={file.isPending} run={() => { file.mutate(); }}>{children}</RowButton>;
}
