import { t } from "@lingui/core/macro";
import { Trans } from "@lingui/react/macro";
import { ActionIcon, Button, FileButton, Modal } from "@mantine/core";
import { answered, ApiError, client, type Image } from "@stationmaster/api";
import { Confirm, Icon, notify, Problem } from "@stationmaster/ui";
import { queryOptions, useMutation, useQuery, useQueryClient } from "@tanstack/react-query";
import { useRef, useState } from "react";
import { useAway } from "./live/useAway";
import css from "./Pictures.module.css";
import thing from "./thing.module.css";
import { useMay } from "./user";

interface Place {
  of: "site" | "station";
  id: string;
}

/** What the server takes; a phone makes one of these of what its camera has. */
export const TAKEN = "image/jpeg,image/png,image/webp";

/** As the server asks of whom to change them. */
const MAY = "administer";

const picturesQuery = ({ of, id }: Place) =>
  queryOptions({
    queryKey: ["pictures", of, id],
    queryFn: ({ signal }) =>
      answered(
        of === "site"
          ? client.GET("/api/v1/sites/{site_id}/images", { params: { path: { site_id: id } }, signal })
          : client.GET("/api/v1/stations/{station_id}/images", { params: { path: { station_id: id } }, signal }),
      ),
  });

/** What a site or a charger looks like, so that people find it; the first picture is what drivers see. */
export function Pictures({ of, id, name }: Place & { name: string }) {
  const { data: pictures, error } = useQuery(picturesQuery({ of, id }));
  const [shown, setShown] = useState<Image | null>(null);
  const may = useMay(MAY);
  const none = pictures?.length === 0;
  if (none && !may) return null;
  return (
    <section className={`${thing.panel} card`} aria-label={t`Pictures`}>
      <div className={thing.spread}>
        <h2>
          <Trans>Pictures</Trans>
        </h2>
        {may && pictures && <Add of={of} id={id} />}
      </div>
      <Problem error={error} />
      {none && (
        <p className="dim">
          <Trans>None yet. A picture helps drivers and technicians to find the place.</Trans>
        </p>
      )}
      {pictures && !none && (
        <ul className={css.pictures}>
          {pictures.map((picture, at) => (
            <li key={picture.id}>
              <button type="button" onClick={() => { setShown(picture); }}>
                <img src={picture.thumbnail_url} alt={t`${name}, view ${at + 1}`} loading="lazy" />
              </button>
              {may && <Remove of={of} id={id} picture={picture} number={at + 1} />}
            </li>
          ))}
        </ul>
      )}
      <Modal opened={shown !== null} onClose={() => { setShown(null); }} title={name} size="xl" centered>
        {shown && <img className={css.whole} src={shown.url} width={shown.width} height={shown.height} alt={name} />}
      </Modal>
    </section>
  );
}

function Add({ of, id }: Place) {
  const queries = useQueryClient();
  const away = useAway() !== null;
  const forget = useRef<() => void>(null);
  const add = useMutation({
    mutationFn: async (files: File[]) => {
      for (const file of files) await bring({ of, id }, file);
      return files.length;
    },
    onSuccess: (count) => { if (count > 0) notify.done(count === 1 ? t`The picture is here` : t`The pictures are here`); },
    onError: notify.failed,
    onSettled: () => {
      forget.current?.(); // so that the same file can be chosen again
      return queries.invalidateQueries({ queryKey: picturesQuery({ of, id }).queryKey });
    },
  });
  return (
    <FileButton accept={TAKEN} multiple resetRef={forget} onChange={(files) => { add.mutate(files); }}>
      {(props) => (
        <Button {...props} size="compact-sm" variant="default" leftSection={<Icon name="plus" size={14} />} loading={add.isPending} disabled={away} data-testid="add-picture">
          <Trans>Add pictures</Trans>
        </Button>
      )}
    </FileButton>
  );
}

/** Sends the file as it is; the server looks at it, turns it upright and leaves out where it was taken. */
async function bring({ of, id }: Place, file: File): Promise<void> {
  const sent = {
    // The description of the API has no shape for a body that is a file.
    body: file as never,
    bodySerializer: (body: unknown) => body as Blob,
    headers: { "Content-Type": file.type || "application/octet-stream" },
  };
  try {
    await answered(
      of === "site"
        ? client.POST("/api/v1/sites/{site_id}/images", { params: { path: { site_id: id } }, ...sent })
        : client.POST("/api/v1/stations/{station_id}/images", { params: { path: { station_id: id } }, ...sent }),
    );
  } catch (refused) {
    // Which of them it was, and not that it was the body of a request.
    const [first] = refused instanceof ApiError ? refused.fields : [];
    throw first ? new Error(`${file.name} ${first.reason}`) : refused;
  }
}

function Remove({ of, id, picture, number }: Place & { picture: Image; number: number }) {
  const queries = useQueryClient();
  const away = useAway() !== null;
  const [asking, setAsking] = useState(false);
  const remove = async () => {
    const image_id = picture.id;
    await answered<unknown>(
      of === "site"
        ? client.DELETE("/api/v1/sites/{site_id}/images/{image_id}", { params: { path: { site_id: id, image_id } } })
        : client.DELETE("/api/v1/stations/{station_id}/images/{image_id}", { params: { path: { station_id: id, image_id } } }),
    );
    await queries.invalidateQueries({ queryKey: picturesQuery({ of, id }).queryKey });
  };
  return (
    <>
      <ActionIcon className={css.remove ?? ""} variant="default" size="md" aria-label={t`Remove picture ${number}`} disabled={away} onClick={() => { setAsking(true); }}>
        <Icon name="close" size={14} />
      </ActionIcon>
      <Confirm opened={asking} onClose={() => { setAsking(false); }} title={t`Remove this picture?`} action={t`Remove`} run={remove}>
        <img className={css.whole} src={picture.thumbnail_url} alt={t`View ${number}`} />
      </Confirm>
    </>
  );
}
