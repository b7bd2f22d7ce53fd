import { t } from "@lingui/core/macro";
import { Text } from "@mantine/core";
import { answered, ifMatch } from "@stationmaster/api";
import { Confirm, notify, Problem, Waiting } from "@stationmaster/ui";
import { useQuery, useQueryClient } from "@tanstack/react-query";
import { oneQuery, refresh, type Resource, type Thing } from "./resource";

interface Props<T extends Thing> {
  resource: Pick<Resource<T>, "key" | "shownBy" | "get" | "remove">;
  id: string;
  opened: boolean;
  onClose: () => void;
  title: string;
  /** What comes of it. */
  about: (name: string) => string;
  onRemoved?: () => unknown;
}

/** Asks before one is removed, and removes it only as it was when it was asked about. */
export function RemoveDialog<T extends Thing>({ resource, id, opened, onClose, title, about, onRemoved }: Props<T>) {
  const queries = useQueryClient();
  const { data, error, isFetching } = useQuery({ ...oneQuery(resource, id), enabled: opened, gcTime: 0 });
  const run = async () => {
    if (!data) return;
    const { name } = data.value;
    try {
      await answered(resource.remove(id, ifMatch(data.tag)));
    } catch (refused) {
      await refresh(queries, resource);
      throw refused;
    }
    await refresh(queries, resource, id);
    notify.done(t`${name} is removed`);
    await onRemoved?.();
  };
  return (
    <Confirm opened={opened} onClose={onClose} title={title} action={t`Remove`} run={run} ready={data !== undefined && !isFetching}>
      {data ? (
        <Text size="sm" className="hostile">
          {about(data.value.name)}
        </Text>
      ) : error ? (
        <Problem error={error} />
      ) : (
        <Waiting />
      )}
    </Confirm>
  );
}
