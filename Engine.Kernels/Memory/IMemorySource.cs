using System.Runtime.InteropServices;

namespace Engine.Kernels.Memory;

/// <summary>Where a pool takes its blocks from.</summary>
internal interface IMemorySource
{
    /// <summary>Takes a block, aligned to <see cref="BufferPool.Alignment"/> bytes.</summary>
    /// <exception cref="OutOfMemoryException">There is none.</exception>
    long Allocate(long byteLength);

    /// <summary>Returns a block.</summary>
    void Free(long address);

    /// <summary>Sets every byte of a block.</summary>
    void Fill(long address, long byteLength, byte value);
}

/// <summary>The memory of the processor.</summary>
internal sealed unsafe class NativeMemorySource : IMemorySource
{
    public long Allocate(long byteLength)
    {
        bool huge = HugePages.Suit(byteLength);
        void* block = NativeMemory.AlignedAlloc((nuint)byteLength, huge ? HugePages.Size : BufferPool.Alignment);
        if (huge)
            HugePages.Ask(block, byteLength);
        return (long)block;
    }

    public void Free(long address) => NativeMemory.AlignedFree((void*)address);

    public void Fill(long address, long byteLength, byte value) => NativeMemory.Fill((void*)address, (nuint)byteLength, value);
}
