// Loaded into the helper under test before it, by Node's --require: counts what the helper asks of the system, call by call,
// and stops the process right before the call that the test named, so that the test can change the world at that point.
// The helper itself knows nothing of it. Usage: node --require=…/stopBefore.cjs --conditions=stop:VERB:NUMBER -- helper.js …
// VERB is the helper's (`enter`; `restarted` for one that has started itself anew, from a read-only mount: helper/enter/again.ts);
// with number 0 each call is named on standard error, and none is stopped at. With the name of a function of the C library in place of the number, such as `setns`,
// that one does nothing and says that it succeeded.
const fs = require('node:fs');

const { writeSync } = fs;
const wanted = process.execArgv.find((option) => option.startsWith('--conditions=stop:')) ?? '';
const [, verb, number] = wanted.split(':');
let count = 0;

function step(name, args) {
  count += 1;
  if (Number(number) !== 0 && Number(number) !== count) return;
  const shown = args.filter((argument) => typeof argument === 'string' || typeof argument === 'number');
  writeSync(2, `step ${count}: ${name}(${shown.join(', ')})\n`);
  // To the main thread, which is this one; it takes effect before kill(2) returns.
  if (Number(number) !== 0) process.kill(process.pid, 'SIGSTOP');
}

function counted(name, call) {
  if (name === number) return () => 0;
  return (...args) => {
    step(name, args);
    return call(...args);
  };
}

if ((process.argv0 === 'ns-helper' ? 'restarted' : process.argv[2]) === verb) {
  for (const name of ['openSync', 'readFileSync', 'readlinkSync', 'fstatSync', 'statfsSync', 'statSync', 'readSync'])
    fs[name] = counted(name, fs[name]);
  // koffi, through which all other system calls go: see helper/syscalls/libc.ts.
  const { dlopen } = process;
  process.dlopen = (module, ...rest) => {
    dlopen.call(process, module, ...rest);
    const koffi = module.exports;
    const load = (path) => {
      const library = koffi.load(path);
      const func = (prototype) => counted(/(\w+)\(/.exec(prototype)[1], library.func(prototype));
      return { func };
    };
    module.exports = { ...koffi, load };
  };
}
