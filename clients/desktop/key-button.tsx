// The button of the fingerprint reader or the security key.

export function KeyButton({ isStill, onPressed }: { isStill: boolean; onPressed: () => void }) {
  return (
    <button type="button" class="key" disabled={isStill} onClick={onPressed}>
      Use your fingerprint or security key
    </button>
  );
}
