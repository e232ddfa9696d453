/** How loud a stream is, shown on a meter. */

const PER_SECOND = 15; // enough for an eye

let context = null;

/** Show a stream's level until the returned function is called. */
export function showLevel(stream, meter) {
  context ??= new AudioContext();
  context.resume();
  const source = context.createMediaStreamSource(stream);
  const analyser = new AnalyserNode(context, { fftSize: 512 });
  source.connect(analyser);
  const samples = new Float32Array(analyser.fftSize);
  const timer = setInterval(() => {
    analyser.getFloatTimeDomainData(samples);
    const level = samples.reduce((loudest, sample) => Math.max(loudest, Math.abs(sample)), 0);
    meter.value = level;
    meter.dataset.peak = Math.max(level, Number(meter.dataset.peak ?? 0)).toFixed(3);
  }, 1000 / PER_SECOND);
  return () => {
    clearInterval(timer);
    source.disconnect();
    meter.value = 0;
  };
}
