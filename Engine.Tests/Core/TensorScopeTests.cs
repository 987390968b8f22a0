using Engine.Core;
using Engine.Kernels.Cpu;
using Xunit;

namespace Engine.Tests.Core;

public sealed class TensorScopeTests : IDisposable
{
    private readonly CpuDevice _device = new(1);

    [Fact]
    public void AScopeReturnsWhatIsMadeInIt()
    {
        var before = Make();
        Tensor inside;
        using (new TensorScope())
        {
            inside = before * 2;
            Assert.Equal(2, _device.Pool.LiveBlocks);
        }

        Assert.Equal(1, _device.Pool.LiveBlocks);
        Assert.Throws<ObjectDisposedException>(() => inside.ToDoubles());
        Assert.Throws<ObjectDisposedException>(() => inside + 1);
        Assert.Equal("Float32 [2], disposed", inside.ToString());
        Assert.Equal([1.0, 2], before.ToDoubles());
        before.Dispose();
        before.Dispose();
        Assert.Equal(0, _device.Pool.LiveBlocks);
    }

    [Fact]
    public void KeptTensorsBelongToTheScopeAround()
    {
        Tensor kept, twice;
        using (var outer = new TensorScope())
        {
            using (var inner = new TensorScope())
            {
                var x = Make();
                kept = inner.Keep(x + 1);
                twice = inner.Keep(inner.Keep((x * 2).Reshape(2, 1)));
            }

            Assert.Equal(2, _device.Pool.LiveBlocks);
            Assert.Equal([2.0, 3], kept.ToDoubles());
            twice = outer.Keep(twice);
        }

        Assert.Throws<ObjectDisposedException>(() => kept.ToDoubles());
        Assert.Equal([2.0, 4], twice.ToDoubles());
        twice.Dispose();
        Assert.Equal(0, _device.Pool.LiveBlocks);
    }

    [Fact]
    public void DisposedTensorsAreForgotten()
    {
        using (new TensorScope())
        {
            var x = Make();
            using (new TensorScope())
                x.Dispose();
            var reused = Make();
            Assert.Equal([1.0, 2], reused.ToDoubles());
        }

        Assert.Equal(0, _device.Pool.LiveBlocks);
    }

    [Fact]
    public void ScopesMustEndLastFirst()
    {
        var outer = new TensorScope();
        var inner = new TensorScope();
        Assert.Contains("the last begun first", Assert.Throws<InvalidOperationException>(outer.Dispose).Message);
        inner.Dispose();
        inner.Dispose();
        outer.Dispose();
        outer.Dispose();
    }

    [Fact]
    public void ScopesEndOnTheirOwnThread()
    {
        using var scope = new TensorScope();
        Exception? failure = null;
        var thread = new Thread(() => failure = Record.Exception(scope.Dispose));
        thread.Start();
        thread.Join();
        Assert.IsType<InvalidOperationException>(failure);
    }

    [Fact]
    public void CheckedScopesStopAtTheFirstBadOperationAlsoInScopesInside()
    {
        using (var scope = new TensorScope(checkFinite: true))
        {
            using var inner = new TensorScope();
            Assert.True(inner.CheckFinite);
            var x = Make();
            var failure = Assert.Throws<NotFiniteNumberException>(() => 1 / (x - 1));
            Assert.Contains("Divide(Float32 [], Float32 [2])", failure.Message);
        }

        using (new TensorScope())
            Assert.Equal(double.PositiveInfinity, (1 / (Make() - 1)).ToDoubles()[0]);
        Assert.Equal(0, _device.Pool.LiveBlocks);
    }

    public void Dispose() => _device.Dispose();

    private Tensor Make() => Tensor.From([1f, 2], [2], _device);
}
