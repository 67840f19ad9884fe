/** Larger pictures are made smaller before they are read. */
const WIDEST = 1600;

/** What a picture of a QR code says; null when none is found in it. It is read here and sent nowhere. */
export async function readPicture(file: Blob): Promise<string | null> {
  const image = await pixels(file);
  if (!image) return null;
  const { default: decode } = await import('qr/decode.js');
  try {
    return decode(image, { effort: 3, timeLimit: 500 });
  } catch {
    // There is no code in it, or none that can be read.
    return null;
  }
}

async function pixels(file: Blob): Promise<ImageData | null> {
  let bitmap: ImageBitmap;
  try {
    bitmap = await createImageBitmap(file);
  } catch {
    return null;
  }
  const scale = Math.min(1, WIDEST / Math.max(bitmap.width, bitmap.height));
  const [width, height] = [Math.max(1, Math.round(bitmap.width * scale)), Math.max(1, Math.round(bitmap.height * scale))];
  const canvas = new OffscreenCanvas(width, height);
  const context = canvas.getContext('2d');
  context?.drawImage(bitmap, 0, 0, width, height);
  bitmap.close();
  return context?.getImageData(0, 0, width, height) ?? null;
}
