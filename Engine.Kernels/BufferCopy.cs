using Buffer = Engine.Kernels.Memory.Buffer;

namespace Engine.Kernels;

/// <summary>A piece of memory to be copied between two buffers of one device.</summary>
/// <param name="Source">Where to copy from.</param>
/// <param name="SourceByte">The byte to start at, a multiple of 4.</param>
/// <param name="Destination">Where to copy to.</param>
/// <param name="DestinationByte">The byte to start at, a multiple of 4.</param>
/// <param name="ByteLength">How many bytes, a multiple of 4.</param>
internal readonly record struct BufferCopy(Buffer Source, long SourceByte, Buffer Destination, long DestinationByte, long ByteLength);
