import { spawn } from 'node:child_process';

/**
 * Runs a program to its end. Answers with its exit code and output where `accept` has the code (0 by default); else
 * rejects with the output.
 */
export function run(command, args, { accept = [0], timeout = 0, ...options } = {}) {
  return new Promise((resolve, reject) => {
    const child = spawn(command, args, { stdio: ['ignore', 'pipe', 'pipe'], timeout, ...options });
    // It ends with this process at the latest.
    const end = () => child.kill();
    process.once('exit', end);
    child.once('close', () => process.off('exit', end));
    let stdout = '';
    let stderr = '';
    child.stdout.setEncoding('utf8').on('data', (text) => (stdout += text));
    child.stderr.setEncoding('utf8').on('data', (text) => (stderr += text));
    child.on('error', reject);
    child.on('close', (code, signal) => {
      if (accept.includes(code)) resolve({ code, stdout, stderr });
      else
        reject(new Error(`${command} ${args.join(' ')} ended with ${code ?? signal}:\n${stdout}${stderr}`));
    });
  });
}
