/** How loud a stream is, shown on a meter. */

const PER_SECOND = 15; // enough for an eye
const LONGEST = 32_768; // samples that an analyser keeps at most: 0.68 s at 48 kHz
const SILENCE_DB = -50; // fainter is shown as nothing
const FALL = 0.1; // of the meter, from one look to the next: a syllable is seen to fade

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
    fill(meter, 0);
  };
}

/** @param {number} peak of 1. Ears hear ratios, so the meter shows decibels; it rises at once and falls slowly. */
function show(meter, peak) {
  const level = peak ? Math.max(0, 1 - (20 * Math.log10(peak)) / SILENCE_DB) : 0;
  fill(meter, Math.max(level, meter.value - FALL));
  meter.dataset.peak = Math.max(peak, Number(meter.dataset.peak ?? 0)).toFixed(3);
}

function fill(meter, level) {
  meter.value = level;
  meter.style.setProperty("--level", `${meter.value * 100}%`);
}
