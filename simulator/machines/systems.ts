import type { Os } from './machine.js';

function linux(qualys: string, kernel: string): Os {
  const [major = '5', minor = '10'] = kernel.split('.');
  return { platform: 'Linux', server: true, qualys, crowdstrike: qualys, major, minor, build: '', kernel };
}

function windows(edition: string, build: string, revision: string, server: boolean): Os {
  return {
    platform: 'Windows',
    server,
    qualys: `Microsoft Windows ${edition} 10.0.${build} 64-bit N/A Build ${build} UBR ${revision}`,
    crowdstrike: `Windows ${edition.replace(/ (Datacenter|Standard|Pro|Enterprise)$/, '')}`,
    major: '10',
    minor: '0',
    build,
    kernel: `10.0.${build}.${revision}`,
  };
}

function mac(name: string, version: string, build: string, darwin: string): Os {
  const [major = '23', minor = '0'] = darwin.split('.');
  return {
    platform: 'Mac',
    server: false,
    qualys: `macOS ${version}`,
    crowdstrike: `${name} (${version.split('.')[0]})`,
    major,
    minor,
    build,
    kernel: darwin,
  };
}

export const CLOUD_LINUX = [
  linux('Amazon Linux 2', '5.10.220-209.869.amzn2.x86_64'),
  linux('Amazon Linux 2023', '6.1.94-99.176.amzn2023.x86_64'),
  linux('Ubuntu Linux 22.04.4', '6.8.0-1012-generic'),
  linux('Red Hat Enterprise Linux 9.4', '5.14.0-427.20.1.el9_4.x86_64'),
] as const;
export const SERVERS = [
  windows('Server 2019 Datacenter', '17763', '5936', true),
  windows('Server 2022 Standard', '20348', '2527', true),
] as const;
export const DESKTOPS = [
  windows('10 Enterprise', '19045', '4529', false),
  windows('11 Pro', '22631', '3737', false),
] as const;
export const MACS = [
  mac('Ventura', '13.6.7', '22G720', '22.6.0'),
  mac('Sonoma', '14.5', '23F79', '23.5.0'),
  mac('Sequoia', '15.1', '24B83', '24.1.0'),
] as const;

function device(qualys: string): Os {
  return { platform: 'Device', server: false, qualys, crowdstrike: '', major: '', minor: '', build: '', kernel: '' };
}

export const DEVICES = [
  device('HP JetDirect'),
  device('Cisco IOS 15.2'),
  device('Linux 3.x'),
  device('EulerOS / Ubuntu / Fedora / Tiny Core Linux / Linux 3.x / IBM / FortiSOAR'),
] as const;
