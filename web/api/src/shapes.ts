import type { components, paths } from "./schema";

/** The shapes of /api/v1 by the names of the OpenAPI document, from which `schema.ts` is made. */
type Schemas = components["schemas"];

export type BillingDetails = Schemas["BillingDetails"];
export type BilledInFull = Schemas["BilledInFull"];
export type BilledSession = Schemas["BilledSession"];
export type BooksComparison = Schemas["BooksComparison"];
export type Adjustment = Schemas["Adjustment"];
export type Claim = Schemas["Claim"];
export type ClaimToPay = Schemas["ClaimToPay"];
export type Invoice = Schemas["Invoice"];
export type HostLine = Schemas["HostLine"];
export type MonthlyFile = Schemas["MonthlyFile"];
export type Payment = Schemas["Payment"];
export type SiteHost = Schemas["SiteHost"];
export type SiteRevenue = Schemas["SiteRevenue"];
export type Simulation = Schemas["Simulation"];
export type WalletTransaction = Schemas["WalletTransaction"];
export type ApiKey = Schemas["ApiKey"];
export type Alert = Schemas["Alert"];
export type AlertChannel = Schemas["AlertChannel"];
export type AlertDetail = Schemas["AlertDetail"];
export type AlertNotice = Schemas["AlertNotice"];
export type AlertPause = Schemas["AlertPause"];
export type AlertRule = Schemas["AlertRule"];
export type NoticeChoices = Schemas["NoticeChoices"];
export type NoticeOffers = Schemas["NoticeOffers"];
export type UnseenAlerts = Schemas["UnseenAlerts"];
export type Alarm = Schemas["Alarm"];
export type AuditEntry = Schemas["AuditEntry"];
export type CallAnswer = paths["/api/v1/stations/{station_id}/call"]["post"]["responses"]["200"]["content"]["application/json"];
export type Command = Schemas["CommandRecord"];
export type Connector = Schemas["Connector"];
export type ConnectorReservation = Schemas["ConnectorReservation"];
export type ConnectorSession = Schemas["ConnectorSession"];
export type CreatedStation = Schemas["CreatedStation"];
export type Delivery = Schemas["Delivery"];
export type CustomerGroup = Schemas["CustomerGroup"];
export type Customer = Schemas["Customer"];
export type CustomerNotice = Schemas["CustomerNotice"];
export type DisplayMessage = Schemas["DisplayMessage"];
export type FirmwareFile = Schemas["FirmwareFile"];
export type FirmwareUpdate = Schemas["FirmwareUpdate"];
export type ImportReport = Schemas["ImportReport"];
export type AvailabilityRow = Schemas["AvailabilityRow"];
export type FaultsRow = Schemas["FaultsRow"];
export type FiguresRow = Schemas["FiguresRow"];
export type PortStarts = Schemas["PortStarts"];
export type StartCounts = Schemas["StartCounts"];
export type OrganizationLook = Schemas["OrganizationLook"];
export type Overview = Schemas["HomeOverview"];
export type Frame = Schemas["Message"];
export type KeptProfile = Schemas["KeptProfile"];
export type ListedCard = Schemas["ListedCard"];
export type LocalList = Schemas["LocalList"];
export type StationDeviations = Schemas["StationDeviations"];
export type LiveEvent = Schemas["LiveEvent"];
export type OwnLiveEvent = Schemas["OwnLiveEvent"];
export type OwnBill = Schemas["OwnBill"];
export type OwnCard = Schemas["OwnCard"];
export type OwnNotice = Schemas["OwnNotice"];
export type OwnProfile = Schemas["Profile"];
export type OwnRequest = Schemas["OwnRequest"];
export type OwnReservation = Schemas["OwnReservation"];
export type OwnSession = Schemas["OwnSession"];
export type OwnSessionDetail = Schemas["OwnSessionDetail"];
export type OwnVehicle = Schemas["OwnVehicle"];
export type PushDevice = Schemas["PushDevice"];
export type PushDeviceTest = Schemas["PushDeviceTest"];
export type ChargingPlace = Schemas["ChargingPlace"];
export type ChargingPoint = Schemas["ChargingPoint"];
export type SavedCard = Schemas["SavedCard"];
export type Wallet = Schemas["Wallet"];
export type AuthenticatorApp = Schemas["App"];
export type Login = Schemas["Login"];
export type OwnLogin = Schemas["OwnLogin"];
export type Setup = Schemas["Setup"];
export type MeterValue = Schemas["MeterValue"];
export type PayPlace = Schemas["PayPlace"];
export type PayTariff = Schemas["PayTariff"];
export type Price = Schemas["Estimate"];
export type PriceLine = Schemas["PriceLine"];
export type PriceNote = Schemas["PriceNote"];
export type Quarantined = Schemas["Quarantined"];
export type Replay = Schemas["Replay"];
export type StationStates = Schemas["StationStates"];
export type StationTimeline = Schemas["StationTimeline"];
export type RefusedConnection = Schemas["RefusedConnection"];
export type ReportSchedule = Schemas["ReportSchedule"];
export type ReportSheet = Schemas["ReportSheet"];
export type Reservation = Schemas["Reservation"];
export type ServerStatus = Schemas["Status"];
export type Session = Schemas["Session"];
export type SessionDetail = Schemas["SessionDetail"];
export type SessionChange = Schemas["SessionChange"];
export type Setting = Schemas["Setting"];
export type Site = Schemas["Site"];
export type Station = Schemas["Station"];
export type StationChanges = Schemas["StationChanges"];
export type StationLog = Schemas["StationLog"];
export type CertificateRequest = Schemas["CertificateRequest"];
export type Structure = Schemas["Structure"];
export type Tariff = Schemas["Tariff"];
export type TariffPreview = Schemas["TariffPreview"];
export type TariffTerms = Schemas["TariffTerms"];
export type Token = Schemas["Token"];
export type UserLink = Schemas["Link"];
export type UserAccount = Schemas["User"];
export type UserChanges = Schemas["UserChanges"];
export type User = Schemas["Me"];
export type Image = Schemas["Image"];
export type Organization = Schemas["Organization"];
export type WeekPiece = Schemas["WeekPiece"];
export type Visit = Schemas["Visit"];
export type Webhook = Schemas["Webhook"];
export type Vehicle = Schemas["Vehicle"];

/** What one request may ask: `Query<"/api/v1/sessions">`. */
export type Query<Path extends keyof paths> = paths[Path] extends { get: { parameters: { query?: infer Q } } } ? NonNullable<Q> : never;

/** One page of a list; `next` is the cursor of the following one. */
export interface Page<T> {
  items: T[];
  next: string | null;
}

type CommandPath = Extract<keyof paths, `/api/v1/stations/{station_id}/commands/${string}`>;
/** "remote-start", "reset", …: every command there is a route for. */
export type CommandName = CommandPath extends `/api/v1/stations/{station_id}/commands/${infer Name}` ? Name : never;

interface WithBody {
  post: { requestBody?: { content: { "application/json": unknown } } };
}
type BodyOf<Path> = Path extends keyof paths
  ? paths[Path] extends WithBody
    ? NonNullable<NonNullable<paths[Path]["post"]["requestBody"]>["content"]["application/json"]>
    : never
  : never;

/** A command with what it needs. */
export type CommandRequest = {
  [Name in CommandName]: { name: Name; body: BodyOf<`/api/v1/stations/{station_id}/commands/${Name}`> };
}[CommandName];
