using System.Numerics;
using ILGPU;
using ILGPU.Runtime;

namespace Engine.Kernels.Gpu;

/// <summary>
/// All memory of an accelerator as one of ILGPU's buffers, so that an address can be given to a kernel as ILGPU's kind of view, of
/// which it knows how it is aligned. For accelerators that have addresses: CUDA, and the emulator.
/// </summary>
internal sealed class WholeMemory : MemoryBuffer
{
    /// <summary>The memory of an accelerator, from address 0 on.</summary>
    public WholeMemory(Accelerator accelerator)
        : base(accelerator, long.MaxValue, 1)
        => NativePtr = 0;

    /// <summary>The same numbers by quads.</summary>
    /// <exception cref="ArgumentException">The view does not start at a multiple of a quad's size.</exception>
    public unsafe ArrayView<Quad<T>> Quads<T>(View<T> view)
        where T : unmanaged, INumber<T>
        => view.Address % sizeof(Quad<T>) == 0
            ? new(this, view.Address / sizeof(Quad<T>), view.Length / 4)
            : throw new ArgumentException($"Address {view.Address} is no multiple of {sizeof(Quad<T>)}.");

    /// <inheritdoc/>
    protected override void MemSet(AcceleratorStream stream, byte value, in ArrayView<byte> targetView) => throw OnlyForKernels();

    /// <inheritdoc/>
    protected override void CopyFrom(AcceleratorStream stream, in ArrayView<byte> sourceView, in ArrayView<byte> targetView)
        => throw OnlyForKernels();

    /// <inheritdoc/>
    protected override void CopyTo(AcceleratorStream stream, in ArrayView<byte> sourceView, in ArrayView<byte> targetView)
        => throw OnlyForKernels();

    /// <inheritdoc/>
    protected override void DisposeAcceleratorObject(bool disposing)
    {
        // The memory is whoever's who allocated it.
    }

    private static NotSupportedException OnlyForKernels() => new("Only kernels use this memory as a whole.");
}
