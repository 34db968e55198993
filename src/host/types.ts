/**
 * The canonical host: OCSF `device` names and enums (schema 1.8, objects `device`, `endpoint`, `os`, `device_hw_info`,
 * `network_interface`, `agent`), wrapped with fields that do not exist in OCSF. Times are `Date` (UTC, milliseconds).
 * Absent values are absent keys: never `null`, never an empty string.
 */
export interface Os {
  name: string;
  /** 0 Unknown, 100 Windows, 101 Windows Mobile, 200 Linux, 201 Android, 300 macOS, 301 iOS, 302 iPadOS, 400 Solaris, 401 AIX, 402 HP-UX, 99 Other */
  type_id: number;
  type?: string;
  version?: string;
  build?: string;
  edition?: string;
  kernel_release?: string;
}

export interface HardwareInfo {
  bios_date?: string;
  bios_manufacturer?: string;
  bios_ver?: string;
  chassis?: string;
  cpu_count?: number;
  cpu_type?: string;
  /** Megabytes. */
  ram_size?: number;
  serial_number?: string;
  /** Lower-case with dashes, in the byte order the vendor reports. */
  uuid?: string;
}

export interface NetworkInterface {
  name?: string;
  hostname?: string;
  /** Canonical text (RFC 5952 for IPv6). */
  ip?: string;
  /** Lower-case with colons. */
  mac?: string;
}

export interface Agent {
  /** 1 EDR, 5 Vulnerability Management, 7 MDM, 8 Configuration Management, 9 Remote Access, 99 Other */
  type_id: number;
  type?: string;
  name: string;
  vendor_name: string;
  uid?: string;
  version?: string;
}

export interface Device {
  /** 0 Unknown, 1 Server, 2 Desktop, 3 Laptop, 4 Tablet, 5 Mobile, 6 Virtual, 7 IOT, 9 Firewall, 10 Switch, 12 Router, 99 Other */
  type_id: number;
  type?: string;
  name?: string;
  /** Lower-case, without trailing dot, with the domain if the source reports one. */
  hostname?: string;
  domain?: string;
  ip?: string;
  mac?: string;
  network_interfaces?: NetworkInterface[];
  os?: Os;
  hw_info?: HardwareInfo;
  vendor_name?: string;
  model?: string;
  agent_list?: Agent[];
  instance_uid?: string;
  image?: { uid: string };
  region?: string;
  zone?: string;
  vpc_uid?: string;
  subnet_uid?: string;
  org?: { ou_name?: string };
  owner?: { name: string };
  groups?: { uid: string; name?: string }[];
  is_managed?: boolean;
  created_time?: Date;
  first_seen_time?: Date;
  last_seen_time?: Date;
  modified_time?: Date;
  boot_time?: Date;
}

export interface Cloud {
  /** `aws`, `azure`, `gcp`, … lower-case. */
  provider: string;
  account?: { uid: string };
  project_uid?: string;
}

/** One source's data about one machine, in canonical form. */
export interface HostObservation {
  device: Device;
  cloud?: Cloud;
  /** `pod` and `container` report the identifiers of their node, so they never merge with machines. */
  class: 'machine' | 'pod' | 'container';
  external_ips: string[];
  tags: string[];
  software_count?: number;
  vulnerability_count?: number;
  /** Operational state in the vendor's spelling (`normal`, `contained`, `RUNNING`). */
  status?: string;
}

/** Fields that contain only times. They are not part of the content hash. */
export const VOLATILE_DEVICE_FIELDS = ['last_seen_time', 'modified_time', 'boot_time'] as const;

/** The input of identity resolution and survivorship. */
export interface HostRecord {
  /** `source:native id` */
  id: string;
  source: string;
  /** Lower-case vendor name; agent ids are unique per vendor. */
  vendor: string;
  observation: HostObservation;
  /** Identity keys `kind:scope:value`, see identity/keys.ts. */
  keys: string[];
  /** The source no longer lists the record: a complete listing did not contain it. */
  gone: boolean;
}
