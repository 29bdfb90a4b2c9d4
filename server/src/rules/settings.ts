export { defaultSettings, type Settings, type Severity } from '../plan/settings.ts';
