using Xunit;

namespace Engine.Tests.Gpu;

/// <summary>Tests of GPU devices: one after the other, since the emulator has a thread of the processor for each of a group's.</summary>
[CollectionDefinition(nameof(GpuCollection), DisableParallelization = true)]
public sealed class GpuCollection;
