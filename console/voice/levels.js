/** How loud a stream is, shown on a meter. */

const PER_SECOND = 15; // enough for an eye
const LONGEST = 32_768; // samples that an analyser keeps at most: 0.68 s at 48 kHz

let context = null;

/**
 * Show a stream's level until the returned function is called. Each look takes in all the sound since the last one,
 * however late it comes: a syllable between two looks counts too.
 */
export function showLevel(stream, meter) {
  context ??= new AudioContext();
  context.resume();
  const source = context.createMediaStreamSource(stream);
  const analyser = new AnalyserNode(context, { fftSize: LONGEST });
  source.connect(analyser);
  const samples = new Float32Array(LONGEST);
  let looked = context.currentTime;
  const timer = setInterval(() => {
    const fresh = Math.min(LONGEST, Math.ceil((context.currentTime - looked) * context.sampleRate));
    looked = context.currentTime;
    analyser.getFloatTimeDomainData(samples);
    show(meter, samples.subarray(LONGEST - fresh).reduce((loudest, each) => Math.max(loudest, Math.abs(each)), 0));
  }, 1000 / PER_SECOND);
  return () => {
    clearInterval(timer);
    source.disconnect();
    meter.value = 0;
  };
}

function show(meter, level) {
  meter.value = level;
  meter.dataset.peak = Math.max(level, Number(meter.dataset.peak ?? 0)).toFixed(3);
}
