// The sentence about a fault, at the part of the form that has it.

export function FaultLine({ id, text }: { id: string | undefined; text: string | undefined }) {
  if (text === undefined) return null;
  return (
    <p class="fault" id={id}>
      {text}
    </p>
  );
}
