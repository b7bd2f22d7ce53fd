import { t } from "@lingui/core/macro";
import { Trans } from "@lingui/react/macro";
import { ApiError, type OwnProfile, type Tagged } from "@stationmaster/api";
import { Empty, PageHead, Problem, Waiting } from "@stationmaster/ui";
import { useQuery } from "@tanstack/react-query";
import { Link } from "@tanstack/react-router";
import type { ReactNode } from "react";
import { useFocus } from "../../live/useFocus";
import { useUser } from "../../user";
import { profileQuery } from "./queries";
import { useNews } from "./useNews";

interface Props {
  title: string;
  /** Beside the title. */
  aside?: ReactNode;
  children: (mine: Tagged<OwnProfile>) => ReactNode;
}

/** A page of what is one's own; who is no customer yet is told what to do. */
export function Mine({ title, aside, children }: Props) {
  useFocus(null);
  useNews();
  const { email, customer } = useUser();
  const { data, error, refetch } = useQuery({ ...profileQuery(), enabled: customer !== null });
  if (customer === null || (error instanceof ApiError && error.status === 404)) {
    return (
      <Empty page title={t`You are not a customer here yet`}>
        <p>
          <Trans>Whoever runs the chargers can say which customer you are. Tell them the address that you sign in with: {email}</Trans>
        </p>
        <Link to="/account">
          <Trans>My account</Trans>
        </Link>
      </Empty>
    );
  }
  return (
    <>
      <PageHead title={title}>{data && aside}</PageHead>
      {data ? children(data) : error ? <Problem error={error} retry={() => void refetch()} /> : <Waiting />}
    </>
  );
}
