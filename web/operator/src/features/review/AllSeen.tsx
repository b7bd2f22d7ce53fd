import { plural, t } from "@lingui/core/macro";
import { Trans } from "@lingui/react/macro";
import { Button, Select, Text } from "@mantine/core";
import { useDisclosure } from "@mantine/hooks";
import { answered, client } from "@stationmaster/api";
import { Confirm, notify } from "@stationmaster/ui";
import { useQuery, useQueryClient } from "@tanstack/react-query";
import { useState } from "react";
import { useAway } from "../../live/useAway";
import { groupsQuery } from "../../queries";
import { Only } from "../../user";

const ALL = "all";

/** Many entries at once: all there are, or those of one charger, action and reason. */
export function AllSeen({ of }: { of: "alarms" | "quarantine" }) {
  const [opened, { open, close }] = useDisclosure(false);
  const [chosen, choose] = useState(ALL);
  const queries = useQueryClient();
  const away = useAway() !== null;
  const { data } = useQuery({ ...groupsQuery(), enabled: opened && of === "quarantine" });
  const groups = of === "quarantine" ? (data?.items ?? []) : [];
  const run = async () => {
    const group = groups[Number(chosen)];
    const { resolved } =
      of === "alarms"
        ? await answered(client.POST("/api/v1/alarms/resolve", { body: {} }))
        : await answered(
            client.POST("/api/v1/quarantine/resolve", {
              body: group ? { station: group.station, action: group.action, reason: group.reason } : {},
            }),
          );
    await Promise.all([of, "groups", "status"].map((key) => queries.invalidateQueries({ queryKey: [key] })));
    choose(ALL);
    notify.done(plural(resolved, { one: "# is marked as seen", other: "# are marked as seen" }));
  };
  return (
    <Only may="operate">
      <Button size="compact-sm" variant="subtle" color="gray" disabled={away} onClick={open} data-testid={`all-seen-${of}`}>
        <Trans>Mark all as seen…</Trans>
      </Button>
      <Confirm opened={opened} onClose={close} title={t`Mark as seen?`} action={t`Mark as seen`} danger={false} run={run}>
        {groups.length > 1 && (
          <Select
            label={t`Which`}
            data={[
              { value: ALL, label: t`All of them` },
              ...groups.map((group, index) => ({
                value: String(index),
                label: t`${group.count} × ${group.action} of ${group.station}: ${group.reason}`,
              })),
            ]}
            value={chosen}
            onChange={(value) => { choose(value ?? ALL); }}
            allowDeselect={false}
          />
        )}
        <Text size="sm">
          <Trans>They leave this list, for everybody. They stay in the history.</Trans>
        </Text>
      </Confirm>
    </Only>
  );
}
