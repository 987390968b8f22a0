using Engine.Core;
using Engine.Core.Autodiff;
using Engine.Core.Optim;
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

    // Each also after it was recorded.
    [Fact]
    public void StepsOfALoopLeaveNothingButTheirState()
    {
        var adam = new Adam(0.1);
        Tensor[] theta = [Tensor.Full(1, [5], device: _device)];
        var (learner, target) = ((theta, adam.Initial(theta)), Tensor.Full(2, [5], device: _device));
        int blocks = 0;
        for (int i = 0; i < 30; i++)
        {
            (learner, var loss) = TensorScope.Step(learner, old =>
            {
                var loss = (old.theta[0] - target).Square().Sum();
                return (adam.Update(old.theta, Gradient.Of(loss, old.theta), old.Item2), loss);
            });
            Assert.Empty(learner.theta[0].Inputs);
            loss.Dispose();
            blocks = i == 0 ? _device.Pool.LiveBlocks : blocks;
            Assert.Equal(blocks, _device.Pool.LiveBlocks);
        }

        Assert.All(learner.theta[0].ToDoubles(), value => Assert.Equal(2, value, 0.3));

        // What a step hands on as it got it stays.
        (var same, var twice) = TensorScope.Step(target, x => (x, x * 2));
        Assert.Equal((2.0, 4.0), (same[0].Item(), twice[0].Item()));
        Tree.Dispose((learner, same, twice));
        GC.KeepAlive(theta);
    }

    [Theory]
    [InlineData(0)]
    [InlineData(1)]
    [InlineData(3)]
    public void CheckedScopesCheckWhatProgramsDo(int runsBefore)
    {
        using (new TensorScope())
        {
            using var program = new TensorProgram<Tensor[], Tensor[]>(x => [1 / (x[0] - 1)], _device);
            using var loop = new TensorLoop<Tensor, Tensor, Tensor>((state, x) => (state + x, 1 / (x - 1)), Make());
            using var blocked = BlockedProgram.Map<Tensor, Tensor, Tensor>((shared, x) => 1 / (x - shared), _device, 1);
            using Tensor good = Tensor.From([3f, 3], [2], _device), bad = Tensor.From([3f, 1], [2], _device);
            using var shared = Tensor.Ones([1], device: _device);
            for (int run = 0; run < runsBefore; run++)
                Assert.Equal(double.PositiveInfinity, program.Run([bad])[0].ToDoubles()[1] + loop.Run(bad).ToDoubles()[1]);
            for (int run = 0; run < runsBefore; run++)
                Assert.Equal(double.PositiveInfinity, blocked.Run(shared, bad.Unsqueeze(0)).ToDoubles()[1]);
            double before = loop.State.ToDoubles()[0];
            using var scope = new TensorScope(checkFinite: true);
            Says("Divide(Float32 [], Float32 [2]) produced \u221e at element 1", () => program.Run([bad]));
            Says("Divide(Float32 [], Float32 [2]) produced \u221e at element 1", () => [loop.Run(bad)]);
            Says("Divide(Float32 [], Float32 []) produced \u221e", () => [blocked.Run(shared, bad.Unsqueeze(0))]);
            Assert.Equal([0.5, 0.5], program.Run([good])[0].ToDoubles());
            Assert.Equal([0.5, 0.5], loop.Run(good).ToDoubles());
            Assert.Equal([0.5, 0.5], blocked.Run(shared, good.Unsqueeze(0)).ToDoubles());
            Assert.Equal(before + 3, loop.State.ToDoubles()[0]);
        }

        Assert.Equal(0, _device.Pool.LiveBlocks);

        static void Says(string part, Func<Tensor[]> run)
            => Assert.Contains(part, Assert.Throws<NotFiniteNumberException>(run).Message.Replace("Infinity", "\u221e"));
    }

    [Fact]
    public void AConstantIsCheckedUnderItsOperationsName()
    {
        using var scope = new TensorScope(checkFinite: true);
        var bad = Tensor.From([double.NaN], [1], _device);
        Assert.Contains("StopGradient(Float64 [1])", Assert.Throws<NotFiniteNumberException>(bad.StopGradient).Message);
    }

    [Fact]
    public void OnlyItsThreadTellsAScopeWhatToKeep()
    {
        using var scope = new TensorScope();
        var x = Make();
        Exception? failure = null;
        var thread = new Thread(() => failure = Record.Exception(() => scope.Keep(x)));
        thread.Start();
        thread.Join();
        Assert.Contains("thread that began it", Assert.IsType<InvalidOperationException>(failure).Message);
    }

    // Memory that were returned twice would be handed out twice.
    [Fact]
    public void ThreadsThatDisposeOneTensorReturnItsMemoryOnce()
    {
        var tensors = Enumerable.Range(0, 20000).Select(_ => Tensor.Zeros([1], device: _device)).ToArray();
        using var start = new Barrier(2);
        var threads = Enumerable.Range(0, 2).Select(_ => new Thread(DisposeAll)).ToArray();
        Array.ForEach(threads, thread => thread.Start());
        Array.ForEach(threads, thread => thread.Join());
        Assert.Equal((0, 0L), (_device.Pool.LiveBlocks, _device.Pool.LiveBytes));

        void DisposeAll()
        {
            for (int i = 0; i < tensors.Length; i++)
            {
                if (i % 100 == 0)
                    start.SignalAndWait();
                tensors[i].Dispose();
            }
        }
    }

    [Fact]
    public void TensorsWithoutAScopeAreReturnedWhenNobodyHoldsThem()
    {
        var kept = Make();
        var shared = Dropped(_device, kept);
        for (int i = 0; i < 20 && _device.Pool.LiveBlocks > 2; i++)
        {
            GC.Collect();
            GC.WaitForPendingFinalizers();
        }

        Assert.Equal(2, _device.Pool.LiveBlocks);
        Assert.Equal([3.0, 6], shared.ToDoubles());
        Assert.Equal([1.0, 2], kept.ToDoubles());
        shared.Dispose();
        kept.Dispose();
        Assert.Equal(0, _device.Pool.LiveBlocks);

        // All but one buffer, which is left in another shape.
        [System.Runtime.CompilerServices.MethodImpl(System.Runtime.CompilerServices.MethodImplOptions.NoInlining)]
        static Tensor Dropped(CpuDevice device, Tensor x)
        {
            for (int i = 0; i < 100; i++)
                _ = (x * 2).Exp();
            using (var program = new TensorProgram<Tensor[], Tensor[]>(y => [y[0] * 5], device))
                program.Run([x]);
            using (var scope = new TensorScope())
                scope.Keep(x + 1);
            return (x * 3).StopGradient().Reshape(2, 1);
        }
    }

    // What a loop without programs carries through StopGradient.
    [Fact]
    public void StopGradientHoldsOnToNothing()
    {
        var x = Make();
        var (y, history) = Step(x);
        for (int i = 0; i < 20 && history.IsAlive; i++)
            GC.Collect();
        Assert.False(history.IsAlive);
        Assert.Equal([2.0, 3], y.ToDoubles());

        [System.Runtime.CompilerServices.MethodImpl(System.Runtime.CompilerServices.MethodImplOptions.NoInlining)]
        static (Tensor, WeakReference) Step(Tensor x)
        {
            var between = x + 1;
            return (between.StopGradient(), new WeakReference(between));
        }
    }

    // Such as an optimiser's count of steps.
    [Fact]
    public void IntegersHoldOnToNothing()
    {
        using var scope = new TensorScope();
        var count = Tensor.From(1) + 1;
        Assert.Empty(count.Inputs);
        Assert.NotEmpty((Make() + 1).Inputs);
    }

    public void Dispose() => _device.Dispose();

    private Tensor Make() => Tensor.From([1f, 2], [2], _device);
}
