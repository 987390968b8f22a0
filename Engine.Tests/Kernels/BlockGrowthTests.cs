using System.Runtime.CompilerServices;
using Engine.Core;
using Engine.Kernels.Cpu;
using Xunit;

namespace Engine.Tests.Kernels;

public sealed class BlockGrowthTests : IDisposable
{
    private readonly CpuDevice _device = new(1);
    private readonly StringWriter _said = new();

    public BlockGrowthTests() => _device.Pool.Growth = new(1000) { Output = _said };

    // A state that is carried on with all that led to it; and a scope around the loop.
    [Theory]
    [InlineData(false)]
    [InlineData(true)]
    public void GrowthIsToldOnceWithARemedy(bool isScoped)
    {
        using (var scope = isScoped ? new TensorScope() : null)
        {
            var state = Tensor.From([1f], [1], _device);
            for (int i = 0; i < 998; i++)
                state *= 1.001;
            Assert.Equal("", _said.ToString());
            for (int i = 0; i < 3000; i++)
                state *= 1.001;
            GC.KeepAlive(state);
        }

        string line = Assert.Single(_said.ToString().Split('\n', StringSplitOptions.RemoveEmptyEntries));
        Assert.Contains("1,000 tensors are in use", line);
        Assert.Contains("using var scope = new TensorScope();", line);
        Assert.Contains("ENGINE_TRACE_BLOCKS=1", line);
    }

    [Fact]
    public void WhatTheCollectorOrAScopeReturnsIsNotTold()
    {
        var state = Tensor.From([1f], [1], _device);
        for (int i = 0; i < 5000; i++)
            state = (state * 1.001).StopGradient();
        for (int i = 0; i < 5000; i++)
            (state, _) = TensorScope.Step(state, old => (old * 1.001, 0));
        Drop();
        Assert.Equal("", _said.ToString());

        [MethodImpl(MethodImplOptions.NoInlining)]
        void Drop()
        {
            for (int i = 0; i < 5000; i++)
                Tensor.From([1f], [1], _device);
        }
    }

    [Fact]
    public void TracedBlocksAreToldByWhereTheyWereMade()
    {
        _device.Pool.Traced = true;
        var kept = new List<Tensor>();
        for (int i = 0; i < 200; i++)
        {
            kept.Add(Few());
            for (int j = 0; j < 4; j++)
                kept.Add(Many());
        }

        string[] lines = _said.ToString().Split('\n', StringSplitOptions.RemoveEmptyEntries);
        Assert.Equal(3, lines.Length);
        Assert.Contains("BlockGrowthTests.Many (BlockGrowthTests.cs:", lines[1]);
        Assert.StartsWith("         800  ", lines[1]);
        Assert.Contains("BlockGrowthTests.Few (BlockGrowthTests.cs:", lines[2]);

        // What has been returned is no survivor.
        foreach (var tensor in kept.Take(5))
            tensor.Dispose();
        Assert.Equal([796, 199], _device.Pool.Sites.Select(site => site.Blocks));
        kept.ForEach(tensor => tensor.Dispose());
        Assert.Empty(_device.Pool.Sites);
    }

    public void Dispose() => _device.Dispose();

    [MethodImpl(MethodImplOptions.NoInlining)]
    private Tensor Few() => Tensor.From([1f], [1], _device);

    [MethodImpl(MethodImplOptions.NoInlining)]
    private Tensor Many() => Tensor.Zeros([2], device: _device);
}
