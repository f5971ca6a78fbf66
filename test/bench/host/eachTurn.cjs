// Tells of each turn of the event loop, by libuv itself, without making one: immediates, one after the other, would be turns in
// which nothing else is, and garbage of their own, most of what V8 then collects.
const koffi = require('koffi');

/** uv_handle_type: a handle whose function is called once in each turn, before the loop waits for something to happen. */
const UV_PREPARE = 9;
const Told = koffi.proto('void Told()');
const node = koffi.load(null);
const handleSize = node.func('size_t uv_handle_size(int type)');
const defaultLoop = node.func('void *uv_default_loop()');
const initPrepare = node.func('int uv_prepare_init(void *loop, void *handle)');
const startPrepare = node.func('int uv_prepare_start(void *handle, Told *told)');
const unref = node.func('void uv_unref(void *handle)');

/** On the main thread, from now on. It keeps no program from ending. */
exports.atEachTurn = (tell) => {
  const handle = koffi.alloc('uint8_t', Number(handleSize(UV_PREPARE)));
  const told = koffi.register(tell, koffi.pointer(Told));
  if (initPrepare(defaultLoop(), handle) !== 0 || startPrepare(handle, told) !== 0)
    throw new Error('no turns are told');
  unref(handle);
};
