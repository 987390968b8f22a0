using System.Diagnostics;
using System.Runtime.CompilerServices;

namespace Engine.Kernels;

/// <summary>
/// The one handle a kernel sees of a buffer: an address in the memory of its device, and a length. It names no type of any
/// runtime, so that the same body compiles for the CPU and, through ILGPU, for CUDA and OpenCL.
/// </summary>
/// <typeparam name="T">The element type.</typeparam>
/// <param name="address">The address of element 0.</param>
/// <param name="length">The number of elements.</param>
public readonly unsafe struct View<T>(long address, int length)
    where T : unmanaged
{
    /// <summary>The address of element 0.</summary>
    public long Address { get; } = address;

    /// <summary>The number of elements.</summary>
    public int Length { get; } = length;

    /// <summary>Element 0 as a pointer, for kernels of the CPU.</summary>
    public T* Pointer
    {
        [MethodImpl(MethodImplOptions.AggressiveInlining)]
        get => (T*)Address;
    }

    /// <summary>All elements, for kernels of the CPU.</summary>
    public Span<T> Span => new(Pointer, Length);

    /// <summary>The view from an element on.</summary>
    public View<T> From(int start) => new(Address + ((long)start * sizeof(T)), Length - start);

    /// <summary>A reference to one element. A Debug build asserts that <paramref name="index"/> is in range.</summary>
    public ref T this[int index]
    {
        [MethodImpl(MethodImplOptions.AggressiveInlining)]
        get
        {
            Debug.Assert((uint)index < (uint)Length, "view index out of range");
            return ref ((T*)Address)[index];
        }
    }
}
