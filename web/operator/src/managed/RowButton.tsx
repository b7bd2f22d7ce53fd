import { Button } from "@mantine/core";
import { useAway } from "../live/useAway";

interface Props {
  /** What it does, and to which one. */
  label: string;
  children: string;
  run: () => void;
  busy?: boolean;
}

/** A quiet button in a row, which rests while the server is away. */
export function RowButton({ label, children, run, busy = false }: Props) {
  const away = useAway() !== null;
  return (
    <Button size="compact-sm" variant="subtle" color="gray" loading={busy} disabled={away} onClick={run} aria-label={label}>
      {children}
    </Button>
  );
}
